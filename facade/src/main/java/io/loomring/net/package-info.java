/**
 * Sockets and files that look blocking and run on io_uring: what an application uses in place of {@code java.net}.
 */
@NullMarked
package io.loomring.net;

import org.jspecify.annotations.NullMarked;
