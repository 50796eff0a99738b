package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.UringUnavailableException;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.KernelVersion;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Setting rings up, what they are charged for and what they leave to others (K-26 to K-30). */
@RunsOnce(RunsOnce.NO_DRIVER)
class SetupFactsTest {
  private static final int WORK = 1;
  private static final int FD_CLOEXEC = 1;

  // ---- memory: K-26

  /** Sets rings of growing size up, without CAP_IPC_LOCK and with 64 KiB of memory that may be locked. */
  static final class SmallMemlock {
    public static void main(String[] args) {
      System.out.println("1024: " + Errno.name(-BareRing.attempt(1024, 2048, 0)));
      try (RawRing ring = RawRing.open(new RingOptions(1024, 4096, 0, Set.of()))) {
        int entries = ring.ring().sq().entries();
        System.out.println("stepped down: " + (entries < 1024 && entries >= RingOptions.MIN_ENTRIES));
        ring.stage(WORK, Sqe::prepNop).submit();
        System.out.println("works: " + ring.result(WORK));
      }
    }
  }

  /** Asks for more rings than fit, until even the smallest is refused. */
  static final class NoMemlock {
    public static void main(String[] args) {
      try (RawRing ring = RawRing.open(new RingOptions(2, 2, 0, Set.of()))) {
        System.out.println("set up with " + ring.ring().sq().entries());
      } catch (UringUnavailableException refused) {
        System.out.println(refused.getMessage());
      }
    }
  }

  private static List<String> withoutLockedMemory(int bytes, List<String> command) {
    List<String> limited = new ArrayList<>(List.of(
        "prlimit", "--memlock=" + bytes + ":" + bytes,
        "setpriv", "--inh-caps=-ipc_lock", "--bounding-set=-ipc_lock"));
    limited.addAll(command);
    return limited;
  }

  @Test
  @Tag("interop")
  void aSmallMemlockLimitRefusesALargeRingAndOursStepsDown() {
    String said = ChildJvm.of(SmallMemlock.class)
        .wrappedBy(command -> withoutLockedMemory(64 * 1024, command))
        .run()
        .succeeded();
    assertEquals(List.of("1024: ENOMEM", "stepped down: true", "works: 0"), said.lines().toList());
  }

  @Test
  @Tag("interop")
  void withNoLockedMemoryAtAllTheErrorNamesTheLimit() {
    String said = ChildJvm.of(NoMemlock.class)
        .wrappedBy(command -> withoutLockedMemory(0, command))
        .run()
        .succeeded();
    assertTrue(said.contains("RLIMIT_MEMLOCK") && said.contains("it is 0 bytes now"), said);
  }

  // ---- flags: K-28

  @Test
  void theProbeListsAnOpcodeWhoseUnknownFlagTheKernelRefuses() {
    try (RawRing ring = RawRing.open(); RawSockets sockets = new RawSockets()) {
      int fd = sockets.unixPair().here();
      assertTrue(ring.ring().support().has(Opcode.RECV));
      ring.stage(WORK, (sqe, at) -> {
        Sqe.prepRecv(sqe, at, fd, 0, 0, 0);
        sqe.set(ValueLayout.JAVA_SHORT, at + SqeLayout.IOPRIO, (short) (1 << 14));
      });
      ring.submit();
      assertEquals(-Errno.EINVAL, ring.result(WORK));
    }
  }

  // ---- versions: K-29

  @Test
  void theKernelHasEveryOpcodeThatOurFloorOfLinux61Has() {
    try (RawRing ring = RawRing.open()) {
      KernelSupport support = ring.ring().support();
      assertTrue(support.version().isAtLeast(6, 1), support.version().release());
      for (Opcode opcode : Opcode.values()) {
        KernelVersion since = KernelVersion.parse(opcode.since());
        boolean isOld = since.compareTo(new KernelVersion(6, 1, "6.1")) <= 0;
        assertTrue(!isOld || support.has(opcode), () -> opcode + " of Linux " + opcode.since() + " is missing");
      }
    }
  }

  @Test
  void theKernelHasNoOpcodeOfALaterKernelUnlessItIsAsNew() {
    try (RawRing ring = RawRing.open()) {
      KernelSupport support = ring.ring().support();
      for (Opcode opcode : support.opcodes()) {
        KernelVersion since = KernelVersion.parse(opcode.since());
        assertTrue(support.version().compareTo(since) >= 0, () -> opcode + " is said to be of " + opcode.since());
      }
    }
  }

  // ---- children: K-30

  @Test
  void theRingsDescriptorIsCloseOnExec() {
    try (RawRing ring = RawRing.open()) {
      assertEquals(FD_CLOEXEC, SystemCalls.fcntl(ring.ring().fd(), Constants.F_GETFD, 0) & FD_CLOEXEC);
      assertEquals("anon_inode:[io_uring]", Descriptors.target(ring.ring().fd()));
    }
  }

  @Test
  void theRingsMemoryIsNotInheritedOverFork() throws IOException {
    try (RawRing ring = RawRing.open()) {
      MemorySegment entries = ring.ring().sq().memory();
      assertTrue(List.of(mappingFlags(entries.address()).split(" ")).contains("dc"));
    }
  }

  /** The kernel's flags of the mapping that begins at {@code address}; {@code dc}: not copied on fork. */
  private static String mappingFlags(long address) throws IOException {
    boolean here = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.startsWith(Long.toHexString(address) + "-")) {
        here = true;
      } else if (here && line.startsWith("VmFlags:")) {
        return line.substring("VmFlags:".length()).strip();
      }
    }
    throw new AssertionError("no mapping at " + Long.toHexString(address));
  }
}
