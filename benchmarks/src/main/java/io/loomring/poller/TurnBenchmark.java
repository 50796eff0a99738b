package io.loomring.poller;

import io.loomring.op.Counters;
import io.loomring.op.Deadline;
import io.loomring.op.Dispatch;
import io.loomring.op.InboxNode;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.SlotLayout;
import io.loomring.op.Submitter;
import io.loomring.ring.CompletionBatch;
import io.loomring.ring.CompletionFiller;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeLayout;
import io.loomring.ring.SubmissionQueue;
import io.loomring.ring.UserData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a turn does in Java with a batch of operations, on a submission queue that no kernel looks at. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TurnBenchmark {
  private static final int BATCH = 1_024;

  /** All that a turn works on. */
  static class Parts implements Submitter {
    private static final int HEAD = 0;
    private static final int TAIL = 4;
    private static final int FLAGS = 8;
    private static final int ARRAY = 16;

    final Inbox inbox = new Inbox();
    private final MemorySegment ring = Arena.ofAuto().allocate(ARRAY + 4L * BATCH, 64);
    private final MemorySegment sqes = Arena.ofAuto().allocate((long) BATCH * SqeLayout.BYTES, 64);
    private final MemorySegment slots = Arena.ofAuto().allocate((long) 2 * BATCH * SlotLayout.BYTES, 64);
    private final SubmissionQueue sq = new SubmissionQueue(ring, sqes, BATCH, HEAD, TAIL, FLAGS, ARRAY);
    private final OperationTable table = new OperationTable(this, slots, 2 * BATCH, 0, false);
    final Dispatch dispatch = new Dispatch(table, sq, new Counters(), BATCH);
    final CompletionBatch batch = new CompletionBatch(BATCH);
    final @Nullable Operation[] operations = new Operation[BATCH];
    boolean holdsBack;

    @Override
    public void submit(InboxNode node) {
      if (!holdsBack) {
        inbox.push(node);
      }
    }

    @Override
    public boolean isPollerThread() {
      return false;
    }

    void acquire() {
      for (int i = 0; i < BATCH; i++) {
        Operation op = table.tryAcquire();
        if (op == null) {
          throw new IllegalStateException("no slot is free: " + table.slotsInUse() + " are in use");
        }
        Sqe.prepNop(op.memory(), op.base());
        op.describe(OperationKind.NOP, null, null);
        operations[i] = op;
        CompletionFiller.fill(batch, i, UserData.of(op.slot(), op.generation(), UserData.MAIN));
      }
    }

    Operation operation(int i) {
      Operation op = operations[i];
      if (op == null) {
        throw new IllegalStateException("not acquired");
      }
      return op;
    }

    void submitAll() {
      for (int i = 0; i < BATCH; i++) {
        operation(i).submit(Deadline.NONE, false);
      }
    }

    void pushAll() {
      for (int i = 0; i < BATCH; i++) {
        inbox.push(operation(i));
      }
    }

    void encode() {
      dispatch.encode();
      sq.publish();
      // The kernel's part.
      ring.set(ValueLayout.JAVA_INT, HEAD, ring.get(ValueLayout.JAVA_INT, TAIL));
    }
  }

  /** Operations that are described, and submitted as far as their own state goes. */
  @State(Scope.Thread)
  public static class Submitted {
    final Parts parts = new Parts();

    @Setup(Level.Invocation)
    public void acquire() {
      parts.acquire();
      parts.holdsBack = true;
      parts.submitAll();
      parts.holdsBack = false;
    }

    @TearDown(Level.Invocation)
    public void complete() {
      parts.encode();
      parts.dispatch.complete(parts.batch);
    }
  }

  /** Operations whose completions are there. */
  @State(Scope.Thread)
  public static class Completed {
    final Parts parts = new Parts();

    @Setup(Level.Invocation)
    public void submit() {
      parts.acquire();
      parts.submitAll();
      parts.inbox.drainTo(parts.dispatch);
      parts.encode();
    }
  }

  /** Nothing yet. */
  @State(Scope.Thread)
  public static class Empty {
    final Parts parts = new Parts();
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public boolean inboxPushAndTake(Submitted submitted) {
    submitted.parts.pushAll();
    return submitted.parts.inbox.drainTo(submitted.parts.dispatch);
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public Dispatch completionDispatch(Completed completed) {
    completed.parts.dispatch.complete(completed.parts.batch);
    return completed.parts.dispatch;
  }

  /** Acquired, staged, pushed, taken, encoded, completed, released: everything but kernel, park and unpark. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public Dispatch wholeLife(Empty empty) {
    Parts parts = empty.parts;
    parts.acquire();
    parts.submitAll();
    parts.inbox.drainTo(parts.dispatch);
    parts.encode();
    parts.dispatch.complete(parts.batch);
    return parts.dispatch;
  }
}
