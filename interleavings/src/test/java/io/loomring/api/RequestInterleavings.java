package io.loomring.api;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.interleavings.Meeting;
import io.loomring.poller.Rig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A request, who waits for it, and the several that would end it: one does. */
public final class RequestInterleavings {
  private static final Rig HOME = Rig.take();
  /** A wait of this long is one that nothing ended. */
  private static final long LONG_NANOS = 30_000_000_000L;

  private static final CallOptions LONG = CallOptions.timeout(Duration.ofNanos(LONG_NANOS));
  private static final CallOptions SHORT = CallOptions.timeout(Duration.ofNanos(1_000));
  private static final CallOptions NOW = CallOptions.timeout(Duration.ZERO);

  private static final int TIMED_OUT = -1;
  private static final int CANCELLED = -2;
  private static final int REFUSED = -3;
  private static final int SLEPT = -4;

  private RequestInterleavings() {}

  private static RequestTable<Integer, String> table() {
    return new RequestTable<>(HOME.table, 1);
  }

  private static long submitted(RequestTable<Integer, String> table) {
    try {
      return table.trySubmit("carried");
    } catch (IOException closed) {
      throw new UncheckedIOException(closed);
    }
  }

  private static int await(RequestTable<Integer, String> table, long id, CallOptions options) {
    long begun = System.nanoTime();
    try {
      int reply = table.await(id, options);
      // With the time up it looks once more, and so has in the end what it slept over.
      return System.nanoTime() - begun < LONG_NANOS ? reply : SLEPT;
    } catch (OperationTimeoutException timedOut) {
      return TIMED_OUT;
    } catch (OperationCancelledException cancelled) {
      return CANCELLED;
    } catch (IOException other) {
      throw new UncheckedIOException(other);
    }
  }

  private static int complete(RequestTable<Integer, String> table, long id, int result) {
    try {
      return table.complete(id, result) ? 1 : 0;
    } catch (IllegalStateException completed) {
      return REFUSED;
    }
  }

  /** The time of a request is up while its reply comes. */
  @JCStressTest
  @Outcome(id = "7, 1, 0", expect = ACCEPTABLE, desc = "it has the reply")
  @Outcome(id = "-1, 0, 0", expect = ACCEPTABLE, desc = "timed out, and the reply is nobody's")
  @Outcome(expect = FORBIDDEN, desc = "a reply that was taken is lost, or given twice")
  @State
  public static class ReplyAndTimeout {
    private final RequestTable<Integer, String> table = table();
    private final long id = submitted(table);

    @Actor
    public void caller(III_Result r) {
      r.r1 = await(table, id, SHORT);
    }

    @Actor
    public void reader(III_Result r) {
      r.r2 = complete(table, id, 7);
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = table.size();
    }
  }

  /** A thread goes to wait for its reply, which comes just now. */
  @JCStressTest
  @Outcome(id = "7, 1, 0", expect = ACCEPTABLE, desc = "it has the reply")
  @Outcome(expect = FORBIDDEN, desc = "it waits over the reply")
  @State
  public static class ReplyAndWaiter {
    private final Meeting meeting = new Meeting();
    private final RequestTable<Integer, String> table = table();
    private final long id = submitted(table);

    @Actor
    public void caller(III_Result r) {
      meeting.one();
      r.r1 = await(table, id, LONG);
    }

    @Actor
    public void reader(III_Result r) {
      meeting.other();
      r.r2 = complete(table, id, 7);
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = table.size();
    }
  }

  /** Two bring a reply. */
  @JCStressTest
  @Outcome(id = "1, -3, 7", expect = ACCEPTABLE, desc = "the one's")
  @Outcome(id = "-3, 1, 8", expect = ACCEPTABLE, desc = "the other's")
  @Outcome(expect = FORBIDDEN, desc = "both, or neither, are told that theirs was taken")
  @State
  public static class TwoReplies {
    private final RequestTable<Integer, String> table = table();
    private final long id = submitted(table);

    @Actor
    public void one(III_Result r) {
      r.r1 = complete(table, id, 7);
    }

    @Actor
    public void other(III_Result r) {
      r.r2 = complete(table, id, 8);
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = await(table, id, NOW);
    }
  }

  /** A request is cancelled while somebody claims what it carries. */
  @JCStressTest
  @Outcome(id = "1, 0, -2", expect = ACCEPTABLE, desc = "cancelled, and what it carries is its caller's")
  @Outcome(id = "0, 1, 7", expect = ACCEPTABLE, desc = "claimed, and completed")
  @Outcome(expect = FORBIDDEN, desc = "what it carries is two's (I-3)")
  @State
  public static class ClaimAndCancel {
    private final RequestTable<Integer, String> table = table();
    private final long id = submitted(table);

    @Actor
    public void canceller(III_Result r) {
      r.r1 = table.cancel(id) ? 1 : 0;
    }

    @Actor
    public void reader(III_Result r) {
      if (table.claim(id) != null) {
        r.r2 = complete(table, id, 7);
      }
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = await(table, id, NOW);
    }
  }

  /** A request is submitted to a table that is being closed. */
  @JCStressTest
  @Outcome(id = "-2, 0, 0", expect = ACCEPTABLE, desc = "refused")
  @Outcome(id = "1, -2, 0", expect = ACCEPTABLE, desc = "submitted, and cancelled by the close")
  @Outcome(expect = FORBIDDEN, desc = "it is in flight in a table that is closed")
  @State
  public static class SubmitAndClose {
    private final RequestTable<Integer, String> table = table();
    private long id;

    @Actor
    public void caller(III_Result r) {
      try {
        id = table.trySubmit(null);
        r.r1 = 1;
      } catch (IOException closed) {
        r.r1 = CANCELLED;
      }
    }

    @Actor
    public void closer() {
      table.close(Duration.ZERO);
    }

    @Arbiter
    public void rest(III_Result r) {
      if (r.r1 == 1) {
        r.r2 = await(table, id, NOW);
      }
      r.r3 = table.size();
    }
  }

  /** What comes too late meets the next request in the slot. */
  @JCStressTest
  @Outcome(id = "7, 0, 1", expect = ACCEPTABLE, desc = "it finds nobody")
  @Outcome(expect = FORBIDDEN, desc = "it ends another's request (I-2)")
  @State
  public static class LateCancel {
    private final Meeting meeting = new Meeting(64, 512);
    private final RequestTable<Integer, String> table = table();
    private final long id = submitted(table);
    private long next;

    public LateCancel() {
      table.complete(id, 7);
    }

    @Actor
    public void caller(III_Result r) {
      meeting.one();
      r.r1 = await(table, id, LONG);
      next = submitted(table);
    }

    @Actor
    public void canceller(III_Result r) {
      meeting.other();
      r.r2 = table.cancel(id) ? 1 : 0;
    }

    @Arbiter
    public void rest(III_Result r) {
      r.r3 = complete(table, next, 8);
    }
  }
}
