/** The turn, the threads that drive it, the inbox and the wake-up. */
@NullMarked
package io.loomring.poller;

import org.jspecify.annotations.NullMarked;
