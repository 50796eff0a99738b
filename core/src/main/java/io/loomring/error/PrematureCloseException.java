package io.loomring.error;

/**
 * A descriptor was closed while somebody waited for it to become ready: its number means another file now, or none.
 *
 * @since 0.1
 */
public final class PrematureCloseException extends DescriptorClosedException {
  private static final long serialVersionUID = 1L;

  private final int id;

  /** Names the number of the descriptor, and what was waited for. */
  public PrematureCloseException(int id, String what) {
    this(id, "descriptor " + id, what);
  }

  /** The same for a descriptor that is not its number: {@code name} is how the message calls it. */
  public PrematureCloseException(int id, String name, String what) {
    super("premature close of " + name + ": it was closed while " + what + ", and is not what it was then");
    this.id = id;
  }

  /** The number of the descriptor; of a direct one the index in its ring's table. */
  public int id() {
    return id;
  }
}
