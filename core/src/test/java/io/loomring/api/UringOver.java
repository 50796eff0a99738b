package io.loomring.api;

import io.loomring.poller.Poller;
import io.loomring.poller.PollerGroup;
import io.loomring.ring.Ring;
import java.util.List;

/** A Uring over a ring of a test's own. */
public final class UringOver {
  private static final int MAX_OPERATIONS = 1024;

  private UringOver() {}

  /** Starts a poller on it. */
  public static Uring of(String name, Ring ring) {
    Poller poller = new Poller(name, ring, MAX_OPERATIONS, false, 0);
    poller.start();
    return new Uring(UringConfig.defaults().withName(name), PollerGroup.of(List.of(poller)));
  }
}
