package io.loomring.event;

import io.loomring.sys.Errno;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * What goes into a flight recording. Events are made and committed by the threads that call operations, or by ones that
 * run no turn, never in a turn, which allocates nothing (I-10). With no recording, or one that does not ask for them,
 * nothing is allocated anywhere.
 */
public final class Recordings {
  /** A JVM may have been made without the recorder. */
  private static final boolean AVAILABLE = ModuleLayer.boot().findModule("jdk.jfr").isPresent();
  private static final int ERRNO_MAX = 4095;

  private Recordings() {}

  /** Only loaded where the recorder is: an event of each kind to ask whether it is wanted, so that asking makes none. */
  private static final class Asked {
    static final OperationEvent OPERATION = new OperationEvent();
    static final CloseEvent CLOSE = new CloseEvent();
    static final ResubmissionEvent RESUBMISSION = new ResubmissionEvent();
    static final StallEvent STALL = new StallEvent();
  }

  // ---- operations

  /** An operation is about to be handed in; null where nobody wants to know. */
  public static @Nullable Object beginOperation() {
    if (!AVAILABLE || !Asked.OPERATION.isEnabled()) {
      return null;
    }
    OperationEvent event = new OperationEvent();
    event.begin();
    return event;
  }

  /** Ends what {@link #beginOperation} began; whether it lasted long enough to be told of. */
  public static boolean isWorthTelling(Object begun) {
    OperationEvent event = (OperationEvent) begun;
    event.end();
    return event.shouldCommit();
  }

  /**
   * Tells of it.
   *
   * @param result the kernel's, or {@code outcome}'s
   * @param outcome what a result below every {@code -errno} is called
   */
  public static void tell(Object ended, String kind, int descriptor, boolean movesBytes, int result, String outcome) {
    OperationEvent event = (OperationEvent) ended;
    event.kind = kind;
    event.descriptor = descriptor;
    event.bytes = movesBytes ? Math.max(0, result) : 0;
    event.outcome = result >= 0 ? "done" : result >= -ERRNO_MAX ? Errno.name(-result) : outcome;
    event.commit();
  }

  /** An operation was submitted more than once. */
  public static void tellResubmission(String kind, int descriptor, int times) {
    if (AVAILABLE && Asked.RESUBMISSION.isEnabled()) {
      ResubmissionEvent event = new ResubmissionEvent();
      event.kind = kind;
      event.descriptor = descriptor;
      event.times = times;
      event.commit();
    }
  }

  // ---- closing

  /** A closer begins to wait; null where nobody wants to know. */
  public static @Nullable Object beginClose() {
    if (!AVAILABLE || !Asked.CLOSE.isEnabled()) {
      return null;
    }
    CloseEvent event = new CloseEvent();
    event.begin();
    return event;
  }

  /** Tells of what {@link #beginClose} began. */
  public static void tellClose(Object begun, int descriptor, int cancelled) {
    CloseEvent event = (CloseEvent) begun;
    event.descriptor = descriptor;
    event.cancelled = cancelled;
    event.commit();
  }

  // ---- pollers

  /** A platform thread takes over for a poller. Not for the baton's holder. */
  public static void tellStall(String poller) {
    if (AVAILABLE && Asked.STALL.isEnabled()) {
      StallEvent event = new StallEvent();
      event.poller = poller;
      event.commit();
    }
  }

  /** What a Uring says of itself once each period. */
  public interface Gauges {
    /** Hands its figures to {@code to}. */
    void read(Reading to);
  }

  /** Takes what {@link Gauges} say. */
  public interface Reading {
    /** Takes the figures; {@code overflows} counts from the beginning. */
    void take(
        String uring, int inFlight, int openDescriptors, long submitted, long completed, long resubmitted, long overflows);
  }

  /** Has {@code gauges} read by the recorder once each period; answers how to end that. */
  public static Runnable periodically(Gauges gauges) {
    return AVAILABLE ? Periodic.start(gauges) : () -> { };
  }

  private static final class Periodic {
    // The recorder's thread's.
    private long overflowsBefore;

    static Runnable start(Gauges gauges) {
      Periodic periodic = new Periodic();
      Runnable hook = () -> gauges.read(periodic::take);
      FlightRecorder.addPeriodicEvent(RingEvent.class, hook);
      return () -> FlightRecorder.removePeriodicEvent(hook);
    }

    private void take(
        String uring, int inFlight, int openDescriptors, long submitted, long completed, long resubmitted, long overflows) {
      RingEvent event = new RingEvent();
      event.uring = uring;
      event.inFlight = inFlight;
      event.openDescriptors = openDescriptors;
      event.submitted = submitted;
      event.completed = completed;
      event.resubmitted = resubmitted;
      event.commit();
      if (overflows > overflowsBefore) {
        OverflowEvent overflow = new OverflowEvent();
        overflow.uring = uring;
        overflow.turns = overflows - overflowsBefore;
        overflow.commit();
        overflowsBefore = overflows;
      }
    }
  }
}
