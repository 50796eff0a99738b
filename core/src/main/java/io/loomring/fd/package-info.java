/** Descriptors: their life cycle, the close chain, and the plain system calls on them. */
@NullMarked
package io.loomring.fd;

import org.jspecify.annotations.NullMarked;
