package io.loomring.op;

import org.jspecify.annotations.Nullable;

/**
 * What an operation carries for somebody until its last completion, in the slot of the table that is kept for that: what
 * was lent to it, or transferred. All of it is called in turns of the ring, where no code of a user runs, nothing blocks
 * and no lock is taken (I-10).
 */
public abstract class Extension {
  // Written before the operation is submitted.
  private @Nullable Operation operation;
  private int generation;

  /** For subclasses. */
  protected Extension() {}

  final void attach(Operation to) {
    operation = to;
    generation = to.generation();
  }

  static @Nullable Extension letGo(@Nullable Extension extension) {
    if (extension != null) {
      extension.kernelLetsGo();
    }
    return extension;
  }

  static void keep(@Nullable Extension extension) {
    if (extension != null) {
      extension.kernelKeeps();
    }
  }

  static void end(@Nullable Extension extension, int result, Resumptions resumed) {
    Thread waiter = extension == null ? null : extension.ended(result);
    if (waiter != null) {
      resumed.add(waiter);
    }
  }

  /** The kernel has let go of what was lent, and the operation is about to end; may be said more than once. */
  protected void kernelLetsGo() {}

  /** The ring is dead, and nothing will ever say that the kernel has let go (I-12); may be said more than once. */
  protected void kernelKeeps() {}

  /**
   * The operation has ended, and its slot may be another's already; called once.
   *
   * @param result of the operation, {@code -errno}, or one of {@link Outcome}
   * @return who waits for that, to be unparked; or null
   */
  protected @Nullable Thread ended(int result) {
    return null;
  }

  /**
   * Asks for the end of the operation, without waiting for it: for any thread. It has no effect if it has ended, or was
   * asked for before.
   *
   * @param cause the {@link Outcome} that it is to have
   */
  protected final void requestCancel(int cause) {
    Operation target = operation;
    if (target != null) {
      target.requestCancel(generation, cause);
    }
  }

  /** Parks the calling thread, which waits for {@link #ended}; it may come back for no reason. */
  protected final void park() {
    Operation target = operation;
    if (target != null) {
      target.park(this);
    }
  }
}
