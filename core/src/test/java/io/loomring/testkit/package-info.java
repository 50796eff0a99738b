/** What the tests of all modules share: child JVMs, refused system calls, descriptor census, waiting without sleeping. */
package io.loomring.testkit;
