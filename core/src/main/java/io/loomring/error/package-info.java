/** From (call, errno) to the exception that {@code java.net} would throw, in one table. */
@NullMarked
package io.loomring.error;

import org.jspecify.annotations.NullMarked;
