/**
 * Small programs that show the library at work; the {@code loomring} launcher starts them.
 */
@NullMarked
package io.loomring.samples;

import org.jspecify.annotations.NullMarked;
