package io.loomring.op;

import org.jspecify.annotations.Nullable;

/**
 * What an operation acts on, as the operation table sees it: a descriptor. Called by the baton's holder,
 * where nothing else is said.
 */
public interface Endpoint {
  /** Whether operations may still be issued on it; once false, false for ever (I-5). */
  boolean isOpen();

  /** Flags of {@link io.loomring.ring.SqeFlags} without which an entry's field {@code fd} would name something else. */
  default int sqeFlags() {
    return 0;
  }

  /** Its number, or index in the ring's table, which nobody else can have as long as operations on it are in flight. */
  int sqeFd();

  /** Whether it is a socket that was accepted, or connected by an operation: for who counts connections. */
  default boolean isConnection() {
    return false;
  }

  /** How many operations on it have begun and not ended. */
  int inFlight();

  /** The operation that closes it, from the moment that it was submitted; null before and after. */
  @Nullable Operation closing();

  /** One operation on it has seen its last completion. */
  void operationEnded();

  /** Ends what held its number without being counted as an operation. Any thread may call it. */
  void letGo();

  /** Starts closing it, if nobody has, and waits for nothing. Any thread may call it. */
  void closeWithoutWaiting();

  /** The close chain is through, with the result of its CLOSE and the number of operations that it cancelled. */
  void closeEnded(int result, int cancelled);
}
