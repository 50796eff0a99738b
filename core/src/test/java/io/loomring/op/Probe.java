package io.loomring.op;

/** What a model of operations has to see and do, and users cannot: for tests of other packages. */
public final class Probe {
  public static final int FREE = Operation.FREE;
  public static final int NEW = Operation.NEW;
  public static final int QUEUED = Operation.QUEUED;
  public static final int ISSUED = Operation.ISSUED;
  public static final int CANCEL_REQUESTED = Operation.CANCEL_REQUESTED;
  public static final int DETACHED = Operation.DETACHED;
  public static final int LEFT = Operation.LEFT;
  public static final int TERMINAL = Operation.TERMINAL;

  private static final String[] NAMES = {
      "FREE", "NEW", "QUEUED", "ISSUED", "CANCEL_REQUESTED", "DETACHED", "LEFT", "TERMINAL"};

  private Probe() {}

  public static String name(int state) {
    return NAMES[state];
  }

  public static int state(Operation op) {
    return op.state();
  }

  /** Entries whose last completion is to come, as the operation has it. */
  public static int pending(Operation op) {
    return op.pending;
  }

  /** Whether nothing has come of it, nor will until it is issued. */
  public static boolean isUnissued(Operation op) {
    return op.isInFlight() && !op.mainDone && op.pending == 0;
  }

  /** Whether it counts among those in flight on a descriptor. */
  public static boolean counts(Operation op, Endpoint on) {
    return op.endpoint == on && op.state() != Operation.FREE && op.state() != Operation.TERMINAL;
  }

  /** What {@link Operation#await} and {@link OperationHandle#cancel} do, without the wait. */
  public static boolean requestCancel(Operation op, int generation, int cause) {
    return op.requestCancel(generation, cause);
  }

  /** A node that has a turn look at an operation which is not submitted, and so do nothing. */
  public static InboxNode idleNode(Operation op) {
    return op.attendNode();
  }

  /** What the clock of deadlines is behind the kernel's. */
  public static long offsetNanos(OperationTable table) {
    return table.toKernelNanos(0);
  }
}
