package io.loomring.api;

import io.loomring.buffer.BufferGroup;
import io.loomring.buffer.ProvidedBuffer;
import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.DirectDescriptor;
import io.loomring.fd.RegularDescriptor;
import io.loomring.op.Arrivals;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.Opcode;
import io.loomring.ring.Sqe;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Operations that the kernel is asked for once and that complete again and again, each as a {@link CompletionStream}:
 * connections, messages, readiness, ticks. From {@link Uring#multishot}.
 *
 * <pre>{@code
 * try (ProvidedBuffers buffers = uring.multishot().buffers(16, 4096);
 *     CompletionStream<ProvidedBuffer> messages = uring.multishot().recv(socket, buffers)) {
 *   for (int left = 3; left > 0; ) {
 *     try (ProvidedBuffer message = messages.next()) {
 *       use(message.segment());
 *       left -= (int) message.segment().byteSize();
 *     }
 *   }
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class Multishot {
  private final Uring uring;

  Multishot(Uring uring) {
    this.uring = uring;
  }

  /**
   * Makes buffers for {@link #recv} and {@link #read}.
   *
   * @param count how many for each ring, a power of two up to 32768
   * @param bufferBytes the size of each, in bytes
   */
  public ProvidedBuffers buffers(int count, int bufferBytes) {
    return new ProvidedBuffers(count, bufferBytes);
  }

  /**
   * Connections to a listener, each a descriptor of its taker's, which it closes. It has no end: {@code next()} never
   * answers null.
   *
   * <p>As any open descriptor, each takes one of {@link UringConfig#withMaxOperations}. Where all are in use {@code next()}
   * waits for one, as long as its options say, and the connection stays in the stream until it has it.
   */
  public CompletionStream<Descriptor> accept(Descriptor listener) {
    return accept(listener, false);
  }

  CompletionStream<Descriptor> accept(Descriptor listener, boolean direct) {
    return stream(listener.table(), listener, new Accepting(listener, direct), null);
  }

  /**
   * What a socket receives, until its peer ends: then null. Each buffer is given back by its taker.
   *
   * @throws IllegalStateException if {@code buffers} are closed
   */
  public CompletionStream<ProvidedBuffer> recv(Descriptor socket, ProvidedBuffers buffers) throws IOException {
    BufferGroup group = buffers.enter(socket.table());
    return stream(socket.table(), socket, new Reading(OperationKind.RECV, socket, buffers, group), group);
  }

  /**
   * What comes through a pipe, a terminal or another file that can be waited for, until its end: then null. Each buffer is
   * given back by its taker. A file that cannot be waited for answers EBADFD.
   *
   * @throws UnsupportedOperationException if the kernel is older than 6.7
   * @throws IllegalStateException if {@code buffers} are closed
   */
  public CompletionStream<ProvidedBuffer> read(Descriptor from, ProvidedBuffers buffers) throws IOException {
    uring.support().require(Opcode.READ_MULTISHOT);
    BufferGroup group = buffers.enter(from.table());
    return stream(from.table(), from, new Reading(OperationKind.READ_MULTISHOT, from, buffers, group), group);
  }

  /**
   * The events of {@code events} (POLLIN, ...) that a descriptor becomes ready for, each time that it does; the first ones
   * are those that it is ready for when the first call looks. For POLLPRI see {@link PollOperations#poll}.
   */
  public CompletionStream<Integer> poll(Descriptor on, int events) {
    return stream(on.table(), on, new Polling(on, events), null);
  }

  /**
   * Ticks, numbered from 1 on, the first after one interval; they begin with the first call.
   *
   * @param times after how many the stream is at its end; 0 for never
   * @throws IllegalArgumentException if the interval is not above zero, or {@code times} is below
   */
  public CompletionStream<Long> timeout(Duration interval, int times) {
    if (interval.isNegative() || interval.isZero() || times < 0) {
      throw new IllegalArgumentException(times + " ticks every " + interval);
    }
    return stream(uring.nextTable(), null, new Ticking(interval, times), null);
  }

  private <T> CompletionStream<T> stream(
      OperationTable table, @Nullable Descriptor on, CompletionStream.Source<T> source, @Nullable BufferGroup group) {
    return new CompletionStream<>(uring, table, on, source, new Arrivals(group, source.kind() == OperationKind.TIMEOUT));
  }

  private final class Accepting implements CompletionStream.Source<Descriptor> {
    private final Descriptor listener;
    private final boolean direct;

    // Under the stream's lock: the slot for the close of the next one, and whose it is.
    private @Nullable Operation closing;
    private OperationTable home;

    Accepting(Descriptor listener, boolean direct) {
      this.listener = listener;
      this.direct = direct;
      this.home = listener.table();
    }

    @Override
    public OperationKind kind() {
      return OperationKind.ACCEPT;
    }

    @Override
    public void encode(Operation op) {
      if (direct) {
        Sqe.prepMultishotAcceptDirect(op.memory(), op.base(), listener.sqeFd());
      } else {
        Sqe.prepMultishotAccept(op.memory(), op.base(), listener.sqeFd());
      }
    }

    @Override
    public @Nullable Object lent() {
      return null;
    }

    /** What has come stays the stream's until there is a slot for its close. */
    @Override
    public boolean tryPrepare() throws RingDeadException {
      home = nextHome();
      return prepared(home.tryAcquire());
    }

    @Override
    public boolean prepare(long deadline) throws RingDeadException {
      home = nextHome();
      return prepared(home.acquire(null, deadline));
    }

    private OperationTable nextHome() {
      return direct ? listener.table() : uring.nextTable();
    }

    private boolean prepared(@Nullable Operation slot) throws RingDeadException {
      closing = slot;
      if (slot == null && home.closedCause() != null) {
        throw new RingDeadException(home.closedCause());
      }
      return slot != null;
    }

    /** Until here the number was the stream's (I-9). */
    @Override
    public Descriptor take(Arrivals from) {
      Operation slot = Objects.requireNonNull(closing);
      closing = null;
      Descriptor taken = direct
          ? DirectDescriptor.of(home, slot, from.result(), true)
          : RegularDescriptor.of(home, slot, from.result(), true);
      taken.connected();
      return taken;
    }

    @Override
    public int outcome(int result) {
      return direct && result == -Errno.ENFILE ? Outcome.NO_SLOT : result;
    }

    /** A direct one is closed by its ring, or by the ring's end. */
    @Override
    public void discard(Arrivals from) {
      if (!direct) {
        SystemCalls.close(from.result());
        return;
      }
      OperationTable table = listener.table();
      Operation slot = table.acquire(null, Deadline.NONE);
      if (slot != null) {
        Descriptor taken = DirectDescriptor.of(table, slot, from.result(), true);
        taken.closeWithoutWaiting();
        taken.awaitClosed();
      }
    }
  }

  private static final class Reading implements CompletionStream.Source<ProvidedBuffer> {
    private final OperationKind kind;
    private final Descriptor on;
    private final ProvidedBuffers buffers;
    private final BufferGroup group;

    Reading(OperationKind kind, Descriptor on, ProvidedBuffers buffers, BufferGroup group) {
      this.kind = kind;
      this.on = on;
      this.buffers = buffers;
      this.group = group;
    }

    @Override
    public OperationKind kind() {
      return kind;
    }

    @Override
    public void encode(Operation op) {
      if (kind == OperationKind.RECV) {
        Sqe.prepMultishotRecv(op.memory(), op.base(), on.sqeFd(), group.id());
      } else {
        Sqe.prepMultishotRead(op.memory(), op.base(), on.sqeFd(), group.id());
      }
    }

    @Override
    public Object lent() {
      return group;
    }

    @Override
    public @Nullable ProvidedBuffer take(Arrivals from) {
      if (from.result() == 0) {
        discard(from);
        return null;
      }
      return new ProvidedBuffer(group, number(from), from.offset(), from.result());
    }

    @Override
    public void discard(Arrivals from) {
      if ((from.flags() & CqeFlags.BUFFER) != 0) {
        group.release(number(from));
      }
    }

    private static int number(Arrivals from) {
      return from.flags() >>> CqeFlags.BUFFER_SHIFT;
    }

    @Override
    public boolean mayBegin(Thread waiter) {
      if (group.provided() > 0) {
        return true;
      }
      group.notifyOf(waiter);
      // Said first, then the look again: who gives a buffer back does it the other way round.
      return group.provided() > 0;
    }

    @Override
    public void begins(Thread waiter) {
      group.forget(waiter);
    }

    @Override
    public void ringDied() {
      group.abandon();
    }

    @Override
    public void closed() {
      buffers.leave();
    }
  }

  private static final class Polling implements CompletionStream.Source<Integer> {
    private final Descriptor on;
    private final int events;

    Polling(Descriptor on, int events) {
      this.on = on;
      this.events = events;
    }

    @Override
    public OperationKind kind() {
      return OperationKind.POLL;
    }

    @Override
    public void encode(Operation op) {
      Sqe.prepMultishotPoll(op.memory(), op.base(), on.sqeFd(), events);
    }

    @Override
    public @Nullable Object lent() {
      return null;
    }

    @Override
    public Integer take(Arrivals from) {
      return from.result();
    }

    @Override
    public void discard(Arrivals from) {}
  }

  private static final class Ticking implements CompletionStream.Source<Long> {
    private final Duration interval;
    private final int times;
    private long ticks;

    Ticking(Duration interval, int times) {
      this.interval = interval;
      this.times = times;
    }

    @Override
    public OperationKind kind() {
      return OperationKind.TIMEOUT;
    }

    @Override
    public void encode(Operation op) {
      long timespec = op.base() + SlotLayout.DATA;
      op.memory().set(ValueLayout.JAVA_LONG, timespec, interval.getSeconds());
      op.memory().set(ValueLayout.JAVA_LONG, timespec + Long.BYTES, interval.toNanosPart());
      int left = times == 0 ? 0 : (int) (times - ticks);
      Sqe.prepMultishotTimeout(op.memory(), op.base(), op.addressOf(SlotLayout.DATA), left);
    }

    @Override
    public @Nullable Object lent() {
      return null;
    }

    @Override
    public Long take(Arrivals from) {
      return ++ticks;
    }

    @Override
    public boolean isOver() {
      return times > 0 && ticks == times;
    }

    @Override
    public void discard(Arrivals from) {}
  }
}
