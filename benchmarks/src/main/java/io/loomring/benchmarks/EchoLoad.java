package io.loomring.benchmarks;

import io.loomring.ring.CompletionBatch;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.EnterFlags;
import io.loomring.ring.IoPrioFlags;
import io.loomring.ring.KernelRing;
import io.loomring.ring.Opcode;
import io.loomring.ring.RegisterOps;
import io.loomring.ring.Ring;
import io.loomring.ring.RingOptions;
import io.loomring.ring.SetupFlags;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.SqeLayout;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.Set;

/**
 * Closed-loop echo load on a bare ring, one thread: every connection sends a message, waits for all of it to come back,
 * compares every byte, and sends the next. Multishot receives into a provided buffer ring keep its own cost below that
 * of any server; the CPU time it used is part of each result, so that a generator that is the bottleneck shows.
 */
final class EchoLoad implements AutoCloseable {
  private static final int ENTRIES = 4096;
  private static final int BUFFERS = 4096;
  private static final int GROUP = 1;
  private static final int RECV = 1;
  private static final int SEND = 2;
  private static final ValueLayout.OfShort NETWORK_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
  private static final int BUFFER_ENTRY_BYTES = 16;
  private static final int TAIL_AT = 14;

  /**
   * What a slice came to.
   *
   * @param requests echoes that came back whole and right
   * @param nanos how long it took
   * @param p50 nanoseconds
   * @param p99 nanoseconds
   * @param cpuNanos CPU time that the generator used
   * @param mismatches bytes that were not what was sent
   */
  record Result(long requests, long nanos, long p50, long p99, long cpuNanos, long mismatches) {
    String line() {
      return "result " + requests + " " + nanos + " " + p50 + " " + p99 + " " + cpuNanos + " " + mismatches;
    }

    static Result parse(String line) {
      String[] w = line.split(" ");
      return new Result(
          Long.parseLong(w[1]), Long.parseLong(w[2]), Long.parseLong(w[3]), Long.parseLong(w[4]),
          Long.parseLong(w[5]), Long.parseLong(w[6]));
    }
  }

  private final int port;
  private final int connections;
  private final int size;
  private final int bufferBytes;
  private final Arena arena = Arena.ofConfined();
  private final Ring ring;
  private final CompletionBatch batch = new CompletionBatch(ENTRIES);
  private final MemorySegment bufferRing;
  private final MemorySegment buffers;
  private final MemorySegment messages;
  private final int[] fds;
  private final int[] received;
  private final long[] sentAt;
  private final LatencyHistogram latencies = new LatencyHistogram();
  private short bufferTail;
  private long requests;
  private long mismatches;
  private boolean started;

  EchoLoad(int port, int connections, int size) throws IOException {
    this.port = port;
    this.connections = connections;
    this.size = size;
    this.bufferBytes = Math.max(256, Math.min(size, 16 * 1024));
    this.ring = KernelRing.open(new RingOptions(
        ENTRIES, 4 * ENTRIES, SetupFlags.SINGLE_ISSUER | SetupFlags.DEFER_TASKRUN, Set.of()));
    this.bufferRing = arena.allocate((long) BUFFERS * BUFFER_ENTRY_BYTES, 4096);
    this.buffers = arena.allocate((long) BUFFERS * bufferBytes, 4096);
    this.messages = arena.allocate((long) connections * size, 64);
    this.fds = new int[connections];
    this.received = new int[connections];
    this.sentAt = new long[connections];
    java.util.Arrays.fill(fds, -1);
    for (int i = 0; i < connections; i++) {
      for (int k = 0; k < size; k++) {
        messages.set(ValueLayout.JAVA_BYTE, (long) i * size + k, (byte) (i * 31 + k * 7 + 1));
      }
    }
    registerBuffers();
  }

  private void registerBuffers() throws IOException {
    MemorySegment registration = arena.allocate(40, 8);
    registration.set(ValueLayout.JAVA_LONG, 0, bufferRing.address());
    registration.set(ValueLayout.JAVA_INT, 8, BUFFERS);
    registration.set(ValueLayout.JAVA_SHORT, 12, (short) GROUP);
    checked(
        "register buffer ring",
        SystemCalls.ioUringRegister(ring.fd(), RegisterOps.REGISTER_PBUF_RING, registration.address(), 1));
    for (int i = 0; i < BUFFERS; i++) {
      giveBuffer(i);
    }
  }

  private void giveBuffer(int id) {
    long at = (long) (bufferTail & BUFFERS - 1) * BUFFER_ENTRY_BYTES;
    bufferRing.set(ValueLayout.JAVA_LONG, at, buffers.address() + (long) id * bufferBytes);
    bufferRing.set(ValueLayout.JAVA_INT, at + 8, bufferBytes);
    bufferRing.set(ValueLayout.JAVA_SHORT, at + 12, (short) id);
    bufferTail++;
    // Release: the entry is written before the kernel sees the tail that covers it.
    SHORT.setRelease(bufferRing, (long) TAIL_AT, bufferTail);
  }

  private static int checked(String what, int result) throws IOException {
    if (result < 0) {
      throw new IOException(what + ": " + Errno.name(-result));
    }
    return result;
  }

  /** Opens all connections, in turn. */
  void connect() throws IOException {
    MemorySegment address = arena.allocate(16, 8);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) Constants.AF_INET);
    address.set(NETWORK_SHORT, 2, (short) port);
    address.set(ValueLayout.JAVA_INT, 4, 0x0100007f);
    MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
    for (int i = 0; i < connections; i++) {
      int fd = checked(
          "socket", SystemCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0));
      fds[i] = fd;
      checked("connect", SystemCalls.connect(fd, address.address(), 16));
      SystemCalls.setsockopt(fd, Constants.IPPROTO_TCP, Constants.TCP_NODELAY, one.address(), 4);
    }
  }

  /** Runs the loop for {@code nanos}; connections stay open, and in the middle of an echo, between runs. */
  Result run(long nanos) throws IOException {
    latencies.clear();
    requests = 0;
    long cpuBefore = cpuNanos();
    long begin = System.nanoTime();
    long end = begin + nanos;
    if (!started) {
      started = true;
      for (int i = 0; i < connections; i++) {
        receive(i);
        send(i, 0);
      }
    }
    long now = begin;
    while (now < end) {
      int taken = ring.enter(ring.sq().publish(), 1, EnterFlags.GETEVENTS);
      if (taken < 0 && taken != -Errno.EINTR && taken != -Errno.EBUSY && taken != -Errno.EAGAIN) {
        checked("enter", taken);
      }
      now = System.nanoTime();
      while (ring.cq().drainTo(batch) > 0) {
        for (int k = 0; k < batch.size(); k++) {
          completed(batch.userData(k), batch.result(k), batch.flags(k), now);
        }
      }
    }
    return new Result(
        requests, now - begin, latencies.quantile(0.5), latencies.quantile(0.99), cpuNanos() - cpuBefore, mismatches);
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private void completed(long userData, int result, int flags, long now) throws IOException {
    int connection = (int) userData;
    if ((int) (userData >>> 32) == SEND) {
      // Successful sends have no completion; what comes is a failure.
      checked("send", result);
      throw new IOException("short send of " + result + " bytes");
    }
    if (result == -Errno.ENOBUFS) {
      receive(connection);
      return;
    }
    if (checked("recv", result) == 0) {
      throw new IOException("the server closed a connection");
    }
    int id = flags >>> 16;
    verify(connection, id, result);
    giveBuffer(id);
    received[connection] += result;
    if ((flags & CqeFlags.MORE) == 0) {
      receive(connection);
    }
    if (received[connection] >= size) {
      requests++;
      latencies.record(now - sentAt[connection]);
      received[connection] = 0;
      send(connection, now);
    }
  }

  private void verify(int connection, int id, int length) {
    long expectedAt = (long) connection * size + received[connection];
    long actualAt = (long) id * bufferBytes;
    if (received[connection] + length > size
        || MemorySegment.mismatch(
                buffers, actualAt, actualAt + length, messages, expectedAt, expectedAt + length)
            >= 0) {
      mismatches += length;
    }
  }

  private void receive(int connection) throws IOException {
    long at = next();
    Sqe.prep(ring.sq().memory(), at, Opcode.RECV, fds[connection], 0, 0, 0, 0);
    Sqe.setFlags(ring.sq().memory(), at, SqeFlags.BUFFER_SELECT);
    ring.sq().memory().set(ValueLayout.JAVA_SHORT, at + SqeLayout.IOPRIO, (short) IoPrioFlags.RECV_MULTISHOT);
    ring.sq().memory().set(ValueLayout.JAVA_SHORT, at + SqeLayout.BUF_INDEX, (short) GROUP);
    Sqe.setUserData(ring.sq().memory(), at, (long) RECV << 32 | connection);
  }

  private void send(int connection, long now) throws IOException {
    long at = next();
    Sqe.prepSend(
        ring.sq().memory(),
        at,
        fds[connection],
        messages.address() + (long) connection * size,
        size,
        Constants.MSG_NOSIGNAL | Constants.MSG_WAITALL);
    Sqe.setFlags(ring.sq().memory(), at, SqeFlags.CQE_SKIP_SUCCESS);
    Sqe.setUserData(ring.sq().memory(), at, (long) SEND << 32 | connection);
    sentAt[connection] = now == 0 ? System.nanoTime() : now;
  }

  private long next() throws IOException {
    if (!ring.sq().hasRoom(1)) {
      checked("enter", ring.enter(ring.sq().publish(), 0, 0));
    }
    return ring.sq().reserve();
  }

  @Override
  public void close() {
    ring.closeFd();
    for (int fd : fds) {
      if (fd >= 0) {
        SystemCalls.close(fd);
      }
    }
    ring.unmap();
    // The kernel lets go of a closed ring some time later: its buffers are not freed under it but left to the process.
  }
}
