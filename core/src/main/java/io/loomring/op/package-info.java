/**
 * What is in flight: operations and their life cycle, the operation table, dispatch of completions, deadlines, cancel.
 */
@NullMarked
package io.loomring.op;

import org.jspecify.annotations.NullMarked;
