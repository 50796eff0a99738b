package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.ring.Features;
import io.loomring.ring.KernelSupport;
import io.loomring.ring.Opcode;
import io.loomring.ring.RingOptions;
import io.loomring.sys.KernelVersion;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.ForwardingRing;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Smoke;
import io.loomring.testkit.UringTest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The oldest kernel that the library is for, as far as this one can play it: the probe and the features are those of 6.1,
 * and the ring refuses whatever came later.
 */
@RunsOnce("the two drivers ask what the kernel has in the same way")
class OlderKernelTest {
  private static final KernelVersion OLDEST = KernelVersion.parse("6.1.0-oldest");
  /** All up to LINKED_FILE. */
  private static final int OLDEST_FEATURES = Features.LINKED_FILE * 2 - 1;

  private static Set<Opcode> opcodesOfOldest() {
    Set<Opcode> found = EnumSet.noneOf(Opcode.class);
    for (Opcode opcode : Opcode.values()) {
      KernelVersion since = KernelVersion.parse(opcode.since());
      if (OLDEST.isAtLeast(since.major(), since.minor())) {
        found.add(opcode);
      }
    }
    return found;
  }

  private static Set<Opcode> allowed() {
    Set<Opcode> allowed = EnumSet.copyOf(OperationKind.opcodes());
    allowed.retainAll(opcodesOfOldest());
    return allowed;
  }

  /** A ring that says it is an older kernel's, and is restricted to what that has. */
  private static final class OlderRing extends ForwardingRing {
    private final KernelSupport support;

    OlderRing() {
      super(new RingOptions(64, 256, 0, allowed()));
      BitSet codes = new BitSet();
      opcodesOfOldest().forEach(opcode -> codes.set(opcode.code()));
      support = new KernelSupport(OLDEST, codes, OLDEST_FEATURES);
    }

    @Override
    public int features() {
      return super.features() & OLDEST_FEATURES;
    }

    @Override
    public KernelSupport support() {
      return support;
    }
  }

  private int descriptors;
  private Uring uring;

  @BeforeEach
  void open() {
    descriptors = Descriptors.census();
    uring = UringOver.of("older", new OlderRing());
  }

  @AfterEach
  void nothingIsLeft() {
    UringTest.awaitNothingLeft(uring);
    uring.close();
    Descriptors.awaitCensus(descriptors);
  }

  @Test
  void everythingThatTheOldestKernelHasWorks() throws Exception {
    new Smoke(uring).run();
    // These go past the ring where it does not have them.
    try (PipeEnds ends = uring.pipes().open(CallOptions.NONE)) {
      assertEquals(5, uring.write(ends.sink(), new byte[5], 0, 5, -1, CallOptions.NONE));
      assertEquals(5, uring.read(ends.source(), new byte[9], 0, 9, -1, CallOptions.NONE));
    }
  }

  private void refuses(Opcode opcode, Callable<?> call) {
    String message = Caller.virtual(call).thrown(UnsupportedOperationException.class).getMessage();
    assertEquals("IORING_OP_" + opcode + " needs Linux " + opcode.since() + "; this is 6.1.0-oldest", message);
  }

  @Test
  void whatItDoesNotHaveIsRefusedByName() throws Exception {
    try (Pair pair = Connections.pair(uring); Arena arena = Arena.ofShared();
        RegisteredBuffers registered = RegisteredBuffers.of(uring, 1, 4096)) {
      MemorySegment word = arena.allocate(4, 4);
      Descriptor socket = pair.client();
      RegisteredBuffers.Lease lease = registered.lease();
      List<RegisteredBuffers.Part> parts =
          List.of(new RegisteredBuffers.Part(0, 10), new RegisteredBuffers.Part(10, 10));
      refuses(Opcode.READ_MULTISHOT, () -> uring.multishot().read(socket, uring.multishot().buffers(4, 64)));
      refuses(Opcode.WAITID, () -> uring.processes().waitFor(1, CallOptions.NONE));
      refuses(Opcode.FUTEX_WAIT, () -> uring.processes().futexWait(word, 0, CallOptions.NONE));
      refuses(Opcode.FUTEX_WAKE, () -> uring.processes().futexWake(word, 1, CallOptions.NONE));
      refuses(Opcode.FUTEX_WAITV, () -> uring.processes().futexWaitAny(
          List.of(new FutexWord(word, 0)), CallOptions.NONE));
      refuses(Opcode.FTRUNCATE, () -> {
        uring.files().ftruncate(socket, 0, CallOptions.NONE);
        return null;
      });
      refuses(Opcode.EPOLL_WAIT, () -> uring.polling().epollWait(socket, 8, CallOptions.NONE));
      refuses(Opcode.RECV_ZC, () -> {
        uring.sockets().requireZeroCopyReceive(socket, CallOptions.NONE);
        return null;
      });
      refuses(Opcode.READV_FIXED, () -> registered.readv(socket, lease, parts, 0, CallOptions.NONE));
      refuses(Opcode.WRITEV_FIXED, () -> registered.writev(socket, lease, parts, 0, CallOptions.NONE));
      lease.close();
    }
  }
}
