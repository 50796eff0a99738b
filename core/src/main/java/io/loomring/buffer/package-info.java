/** Memory lent to the kernel: pooled, and given back only at the last completion of its operation (I-3). */
@NullMarked
package io.loomring.buffer;

import org.jspecify.annotations.NullMarked;
