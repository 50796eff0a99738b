/**
 * Benchmarks that compare the library with the JDK's own sockets and files.
 */
@NullMarked
package io.loomring.benchmarks;

import org.jspecify.annotations.NullMarked;
