package io.loomring.op;

/**
 * Memory that an operation holds and can do without for as long as it only waits: a receive that found nothing for a
 * while gives its buffer back, and goes on waiting without one.
 */
@FunctionalInterface
public interface Loan {
  /**
   * Gives the memory back, once the kernel has let go of it (I-3); at most once an operation, which then ends with
   * {@link Outcome#READY} where it would have moved bytes. Called by the baton's holder: it must not block, throw or
   * allocate.
   */
  void giveBack();
}
