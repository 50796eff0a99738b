/**
 * Ring memory and its protocol: layouts, the two queues, one encoder per opcode, the kernel's capabilities. No threads.
 */
@NullMarked
package io.loomring.ring;

import org.jspecify.annotations.NullMarked;
