package io.loomring.poller;

import io.loomring.op.Endpoint;
import io.loomring.op.Operation;

/** Something to operate on that has a number, and is never closed. */
record Numbered(int sqeFd) implements Endpoint {
  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public int inFlight() {
    return 0;
  }

  @Override
  public Operation closing() {
    return null;
  }

  @Override
  public void operationEnded() {}

  @Override
  public void letGo() {}

  @Override
  public void closeWithoutWaiting() {}

  @Override
  public void closeEnded(int result, int cancelled) {}
}
