/** Finding out whether, and how well, io_uring works in this process. Uses every other package; none uses it. */
@NullMarked
package io.loomring.diagnosis;

import org.jspecify.annotations.NullMarked;
