package io.loomring.error;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The ring of this descriptor failed, or its {@code Uring} was closed; the cause says which. Its descriptors are dead;
 * new ones use a fresh ring.
 *
 * @since 0.1
 */
public final class RingDeadException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Takes why it died, or null where it was closed. */
  public RingDeadException(@Nullable Throwable cause) {
    super("the ring is dead: " + (cause == null ? "closed" : cause.getMessage()), cause);
  }
}
