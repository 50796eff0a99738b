package io.loomring.benchmarks;

import io.loomring.ring.CompletionBatch;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.EnterFlags;
import io.loomring.ring.KernelRing;
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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The least that an echo server on io_uring can cost: one platform thread and a state machine on a bare ring, no virtual
 * threads, no streams, no timeouts, nothing that a user could program against. What any library on top of a ring adds
 * shows beside it.
 *
 * <p>Or with all that io_uring has for this: one receive for a whole connection, into buffers that the kernel picks, sent
 * straight from them, and direct descriptors. Nothing blocking could be like that: it takes bytes that nobody has asked
 * for yet.
 */
final class RawEchoServer {
  private static final int ENTRIES = 4096;
  private static final int BUFFER_BYTES = 16 * 1024;
  private static final int CONNECTIONS_MAX = 1 << 14;
  private static final int ACCEPT = 1;
  private static final int RECV = 2;
  private static final int SEND = 3;
  private static final int CLOSE = 4;
  private static final VarHandle TAIL = ValueLayout.JAVA_SHORT.varHandle();
  private static final ValueLayout.OfShort NETWORK_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final int PICKED = 1 << 12;
  private static final int PICKED_BYTES = 4096;

  private final int listener;
  private final AtomicLong open;
  private final boolean multishot;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment[] buffers = new MemorySegment[CONNECTIONS_MAX];
  private final int[] filled = new int[CONNECTIONS_MAX];
  private final int[] sent = new int[CONNECTIONS_MAX];
  private final CompletionBatch batch = new CompletionBatch(ENTRIES);
  private final Ring ring;
  /** The buffers that the kernel picks from: entries, and memory. */
  private final MemorySegment entries = arena.allocate(PICKED * 16L, 4096);
  private final MemorySegment picked = arena.allocate((long) PICKED * PICKED_BYTES, 4096);
  private short tail;

  /** Makes one on the thread that is to run it, which becomes its ring's only issuer. */
  private RawEchoServer(int listener, AtomicLong open, boolean multishot) {
    int flags = SetupFlags.SINGLE_ISSUER | SetupFlags.DEFER_TASKRUN;
    this.ring = KernelRing.open(
        new RingOptions(ENTRIES, 4 * ENTRIES, flags, Set.of(), 0, 0, false, multishot ? CONNECTIONS_MAX : 0));
    this.multishot = multishot;
    this.listener = listener;
    this.open = open;
  }

  /** Starts one on loopback, and answers its port. */
  static int start(int backlog, AtomicLong open, boolean multishot) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(16, 8);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) Constants.AF_INET);
      address.set(ValueLayout.JAVA_INT, 4, 0x0100007f);
      int listener = checked(
          "socket", SystemCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM | Constants.SOCK_CLOEXEC, 0));
      // What is accepted has it from its listener.
      MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_INT, 1);
      checked(
          "setsockopt",
          SystemCalls.setsockopt(listener, Constants.IPPROTO_TCP, Constants.TCP_NODELAY, one.address(), 4));
      checked("bind", SystemCalls.bind(listener, address.address(), 16));
      checked("listen", SystemCalls.listen(listener, backlog));
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, 16);
      checked("getsockname", SystemCalls.getsockname(listener, address.address(), length.address()));
      Thread.ofPlatform().daemon(true).name("raw-echo").start(() -> new RawEchoServer(listener, open, multishot).run());
      return address.get(NETWORK_SHORT, 2) & 0xFFFF;
    }
  }

  private static int checked(String what, int result) {
    if (result < 0) {
      throw new IllegalStateException(what + ": " + Errno.name(-result));
    }
    return result;
  }

  private void run() {
    if (multishot) {
      register();
    }
    accept();
    while (true) {
      int taken = ring.enter(ring.sq().publish(), 1, EnterFlags.GETEVENTS);
      if (taken < 0 && taken != -Errno.EINTR && taken != -Errno.EBUSY && taken != -Errno.EAGAIN) {
        checked("enter", taken);
      }
      while (ring.cq().drainTo(batch) > 0) {
        for (int k = 0; k < batch.size(); k++) {
          completed(batch.userData(k), batch.result(k), batch.flags(k));
        }
      }
    }
  }

  private void completed(long userData, int result, int flags) {
    int fd = (int) userData;
    switch ((int) (userData >>> 32)) {
      case ACCEPT -> {
        if (result >= 0) {
          accepted(result);
        }
        if ((flags & CqeFlags.MORE) == 0) {
          accept();
        }
      }
      case RECV -> {
        if (multishot) {
          received(fd, result, flags);
        } else if (result <= 0) {
          close(fd);
        } else {
          filled[fd] = result;
          sent[fd] = 0;
          send(fd);
        }
      }
      case SEND -> {
        if (multishot) {
          provide((int) userData >>> 16);
          return;
        }
        sent[fd] += Math.max(0, result);
        if (result < 0) {
          close(fd);
        } else if (sent[fd] < filled[fd]) {
          send(fd);
        } else {
          receive(fd);
        }
      }
      default -> open.getAndDecrement();
    }
  }

  private void received(int fd, int result, int flags) {
    if (result > 0) {
      send(fd, flags >>> CqeFlags.BUFFER_SHIFT, result);
      if ((flags & CqeFlags.MORE) == 0) {
        receive(fd);
      }
    } else if (result == -Errno.ENOBUFS) {
      receive(fd);
    } else {
      close(fd);
    }
  }

  private void register() {
    MemorySegment registration = arena.allocate(40, 8);
    registration.set(ValueLayout.JAVA_LONG, 0, entries.address());
    registration.set(ValueLayout.JAVA_INT, 8, PICKED);
    checked("io_uring_register", ring.register(RegisterOps.REGISTER_PBUF_RING, registration.address(), 1));
    for (int i = 0; i < PICKED; i++) {
      provide(i);
    }
  }

  private void provide(int number) {
    long at = (tail & PICKED - 1) * 16L;
    entries.set(ValueLayout.JAVA_LONG, at, picked.address() + (long) number * PICKED_BYTES);
    entries.set(ValueLayout.JAVA_INT, at + 8, PICKED_BYTES);
    entries.set(ValueLayout.JAVA_SHORT, at + 12, (short) number);
    TAIL.setRelease(entries, 14L, ++tail);
  }

  private void accepted(int fd) {
    open.getAndIncrement();
    if (!multishot && buffers[fd] == null) {
      // Away from a regular stride, which would put all of them on the same lines of the cache.
      buffers[fd] = arena.allocate(BUFFER_BYTES + 64 * (fd & 63), 64);
    }
    receive(fd);
  }

  private void accept() {
    long at = next();
    if (multishot) {
      Sqe.prepMultishotAcceptDirect(ring.sq().memory(), at, listener);
    } else {
      Sqe.prepMultishotAccept(ring.sq().memory(), at, listener);
    }
    Sqe.setUserData(ring.sq().memory(), at, (long) ACCEPT << 32);
  }

  private void receive(int fd) {
    long at = next();
    if (multishot) {
      Sqe.prepMultishotRecv(ring.sq().memory(), at, fd, 0);
      fixed(at);
    } else {
      Sqe.prepRecv(ring.sq().memory(), at, fd, buffers[fd].address(), BUFFER_BYTES, 0);
    }
    Sqe.setUserData(ring.sq().memory(), at, (long) RECV << 32 | fd);
  }

  private void send(int fd) {
    long at = next();
    Sqe.prepSend(
        ring.sq().memory(),
        at,
        fd,
        buffers[fd].address() + sent[fd],
        filled[fd] - sent[fd],
        Constants.MSG_NOSIGNAL | Constants.MSG_WAITALL);
    Sqe.setUserData(ring.sq().memory(), at, (long) SEND << 32 | fd);
  }

  /** From the buffer that the kernel has picked; whose it is, the completion says. One request at a time, so in order. */
  private void send(int fd, int number, int bytes) {
    long at = next();
    Sqe.prepSend(
        ring.sq().memory(),
        at,
        fd,
        picked.address() + (long) number * PICKED_BYTES,
        bytes,
        Constants.MSG_NOSIGNAL | Constants.MSG_WAITALL);
    fixed(at);
    Sqe.setUserData(ring.sq().memory(), at, (long) SEND << 32 | (long) number << 16);
  }

  private void fixed(long at) {
    byte flags = ring.sq().memory().get(ValueLayout.JAVA_BYTE, at + SqeLayout.FLAGS);
    ring.sq().memory().set(ValueLayout.JAVA_BYTE, at + SqeLayout.FLAGS, (byte) (flags | SqeFlags.FIXED_FILE));
  }

  private void close(int fd) {
    long at = next();
    if (multishot) {
      Sqe.prepCloseDirect(ring.sq().memory(), at, fd);
    } else {
      Sqe.prepClose(ring.sq().memory(), at, fd);
    }
    Sqe.setUserData(ring.sq().memory(), at, (long) CLOSE << 32 | fd);
  }

  private long next() {
    if (!ring.sq().hasRoom(1)) {
      checked("enter", ring.enter(ring.sq().publish(), 0, 0));
    }
    return ring.sq().reserve();
  }
}
