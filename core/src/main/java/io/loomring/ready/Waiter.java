package io.loomring.ready;

import java.io.IOException;

/**
 * Who waits for a descriptor: {@link ReadinessQueue#poll} answers it, {@link ReadinessQueue#run} calls it.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface Waiter {
  /**
   * The descriptor is ready. It may register again, and unregister; what it throws ends {@link ReadinessQueue#run}.
   */
  void ready(Ready ready) throws IOException;
}
