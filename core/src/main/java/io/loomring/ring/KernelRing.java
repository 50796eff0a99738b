package io.loomring.ring;

import io.loomring.error.UringUnavailableException;
import io.loomring.sys.Errno;
import io.loomring.sys.KernelVersion;
import io.loomring.sys.NativeMemory;
import io.loomring.sys.Platform;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/** A ring of the running kernel. */
public final class KernelRing implements Ring {
  private static final int PROBE_OPS = 256;
  private static final int PROBE_HEADER_BYTES = 16;
  private static final int PROBE_OP_BYTES = 8;
  private static final int RESTRICTION_BYTES = 16;
  /** Bytes of {@code struct io_uring_rsrc_update}: a number for the ring, padding, its descriptor. */
  private static final int RSRC_UPDATE_BYTES = 16;
  private static final int RSRC_UPDATE_DATA = 8;
  private static final int NO_NUMBER = -1;
  /** Bytes of {@code struct io_uring_rsrc_register}: how many, flags, and for a table with something in it what that is. */
  private static final int RSRC_REGISTER_BYTES = 32;
  private static final int RSRC_REGISTER_FLAGS = 4;
  private static final int REQUIRED_FEATURES = Features.SINGLE_MMAP | Features.NODROP | Features.SUBMIT_STABLE;
  /** Flags that operations of ours may carry; whatever else gets {@code -EACCES} (K-06). */
  private static final int ALLOWED_SQE_FLAGS =
      SqeFlags.FIXED_FILE | SqeFlags.IO_LINK | SqeFlags.IO_HARDLINK | SqeFlags.ASYNC | SqeFlags.BUFFER_SELECT;
  /** Calls of io_uring_register that are made once the ring runs. */
  private static final int[] ALLOWED_REGISTER_OPS = {
      RegisterOps.REGISTER_ENABLE_RINGS, RegisterOps.REGISTER_PBUF_RING, RegisterOps.UNREGISTER_PBUF_RING,
      RegisterOps.REGISTER_BUFFERS, RegisterOps.UNREGISTER_BUFFERS, RegisterOps.UNREGISTER_RING_FDS
  };

  private final int fd;
  /** What enter calls name the ring by: the descriptor, or a number of the thread that opened it. */
  private final int enterFd;
  private final int enterFlags;
  private final int features;
  private final int directDescriptors;
  private final NativeMemory rings;
  private final NativeMemory entries;
  private final SubmissionQueue sq;
  private final CompletionQueue cq;
  private final KernelSupport support;
  private final MemorySegment waitArgument = EnterArgumentLayout.allocate(Arena.ofAuto());

  private KernelRing(int fd, int ownNumber, int directDescriptors, MemorySegment params, KernelSupport support)
      throws NativeMemory.MappingFailed {
    int sqEntries = params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_ENTRIES);
    int cqEntries = params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_ENTRIES);
    long array = params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_OFF_ARRAY);
    long cqes = params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_OFF_CQES);
    long ringBytes = Math.max(array + 4L * sqEntries, cqes + (long) CqeLayout.BYTES * cqEntries);
    this.fd = fd;
    this.enterFd = ownNumber == NO_NUMBER ? fd : ownNumber;
    this.enterFlags = ownNumber == NO_NUMBER ? 0 : EnterFlags.REGISTERED_RING;
    this.directDescriptors = directDescriptors;
    this.support = support;
    this.features = params.get(ValueLayout.JAVA_INT, ParamsLayout.FEATURES);
    this.rings = NativeMemory.ofDescriptor(fd, ringBytes, SetupFlags.OFF_SQ_RING);
    try {
      this.entries = NativeMemory.ofDescriptor(fd, (long) SqeLayout.BYTES * sqEntries, SetupFlags.OFF_SQES);
    } catch (NativeMemory.MappingFailed failed) {
      rings.unmap();
      throw failed;
    }
    this.sq = new SubmissionQueue(
        rings.segment(),
        entries.segment(),
        sqEntries,
        params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_OFF_HEAD),
        params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_OFF_TAIL),
        params.get(ValueLayout.JAVA_INT, ParamsLayout.SQ_OFF_FLAGS),
        array);
    this.cq = new CompletionQueue(
        rings.segment(),
        cqEntries,
        params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_OFF_HEAD),
        params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_OFF_TAIL),
        params.get(ValueLayout.JAVA_INT, ParamsLayout.CQ_OFF_OVERFLOW),
        cqes);
  }

  /**
   * Sets a ring up: disabled, probed, restricted, enabled. Where memory that may be locked is short (K-26), the queues
   * are halved until they fit.
   *
   * @throws UringUnavailableException naming the cause and its remedy
   */
  public static KernelRing open(RingOptions options) {
    String reason = Platform.unsupportedReason();
    if (reason != null) {
      throw UringUnavailableException.platform(reason);
    }
    RingOptions attempt = options;
    while (true) {
      try (Arena arena = Arena.ofConfined()) {
        return open(attempt, arena);
      } catch (SetupRefused refused) {
        if (refused.errno != Errno.ENOMEM || attempt.sqEntries() == RingOptions.MIN_ENTRIES) {
          throw UringUnavailableException.refused(refused.call, refused.errno);
        }
        attempt = attempt.halved();
      }
    }
  }

  private static KernelRing open(RingOptions options, Arena arena) throws SetupRefused {
    MemorySegment params = arena.allocate(ParamsLayout.BYTES, 8);
    params.set(ValueLayout.JAVA_INT, ParamsLayout.CQ_ENTRIES, options.cqEntries());
    params.set(
        ValueLayout.JAVA_INT,
        ParamsLayout.FLAGS,
        SetupFlags.R_DISABLED | SetupFlags.SUBMIT_ALL | SetupFlags.CQSIZE | options.setupFlags());
    int fd = checked("io_uring_setup", SystemCalls.ioUringSetup(options.sqEntries(), params.address()));
    int ownNumber = NO_NUMBER;
    try {
      int features = params.get(ValueLayout.JAVA_INT, ParamsLayout.FEATURES);
      KernelSupport support = probe(fd, features, arena);
      if ((features & REQUIRED_FEATURES) != REQUIRED_FEATURES || !support.has(Opcode.SENDMSG_ZC)) {
        throw UringUnavailableException.tooOld(support.version().release());
      }
      limitWorkers(fd, options, arena);
      makeDirectTable(fd, options.directDescriptors(), arena);
      if (options.registered()) {
        ownNumber = register(fd, arena);
      }
      if (!options.allowed().isEmpty()) {
        restrict(fd, options, support, arena);
      }
      KernelRing ring = new KernelRing(fd, ownNumber, options.directDescriptors(), params, support);
      try {
        checked("io_uring_register", SystemCalls.ioUringRegister(fd, RegisterOps.REGISTER_ENABLE_RINGS, 0, 0));
      } catch (SetupRefused refused) {
        ring.unmap();
        throw refused;
      }
      return ring;
    } catch (NativeMemory.MappingFailed failed) {
      close(fd, ownNumber);
      throw new SetupRefused("mmap", failed.errno());
    } catch (SetupRefused | RuntimeException | Error failed) {
      close(fd, ownNumber);
      throw failed;
    }
  }

  /** Has the calling thread know the ring by a number of its own, which answers. */
  private static int register(int fd, Arena arena) throws SetupRefused {
    MemorySegment update = arena.allocate(RSRC_UPDATE_BYTES, 8);
    update.set(ValueLayout.JAVA_INT, 0, NO_NUMBER);
    update.set(ValueLayout.JAVA_LONG, RSRC_UPDATE_DATA, fd);
    checked(
        "io_uring_register",
        SystemCalls.ioUringRegister(fd, RegisterOps.REGISTER_RING_FDS, update.address(), 1));
    return update.get(ValueLayout.JAVA_INT, 0);
  }

  /** A ring that a thread has a number for lasts until that thread gives it up, or ends. */
  private static void close(int fd, int ownNumber) {
    if (ownNumber != NO_NUMBER) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment update = arena.allocate(RSRC_UPDATE_BYTES, 8);
        update.set(ValueLayout.JAVA_INT, 0, ownNumber);
        SystemCalls.ioUringRegister(fd, RegisterOps.UNREGISTER_RING_FDS, update.address(), 1);
      }
    }
    SystemCalls.close(fd);
  }

  private static KernelSupport probe(int fd, int features, Arena arena) throws SetupRefused {
    MemorySegment probe = arena.allocate(PROBE_HEADER_BYTES + PROBE_OPS * PROBE_OP_BYTES, 8);
    checked(
        "io_uring_register",
        SystemCalls.ioUringRegister(fd, RegisterOps.REGISTER_PROBE, probe.address(), PROBE_OPS));
    int reported = probe.get(ValueLayout.JAVA_BYTE, 1) & 0xFF;
    BitSet present = new BitSet();
    for (int i = 0; i < reported; i++) {
      long at = PROBE_HEADER_BYTES + (long) i * PROBE_OP_BYTES;
      int code = probe.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
      present.set(code, (probe.get(ValueLayout.JAVA_SHORT, at + 2) & RegisterOps.OP_SUPPORTED) != 0);
    }
    return new KernelSupport(KernelVersion.current(), present, features);
  }

  /** Holds for every thread that submits, also for those that begin to later (K-75). */
  private static void limitWorkers(int fd, RingOptions options, Arena arena) throws SetupRefused {
    if (options.boundedWorkers() == 0 && options.unboundedWorkers() == 0) {
      return;
    }
    MemorySegment limits = arena.allocateFrom(
        ValueLayout.JAVA_INT, options.boundedWorkers(), options.unboundedWorkers());
    checked(
        "io_uring_register",
        SystemCalls.ioUringRegister(fd, RegisterOps.REGISTER_IOWQ_MAX_WORKERS, limits.address(), 2));
  }

  /** Makes the table before the ring restricts itself, so that nobody can change it whole afterwards. */
  private static void makeDirectTable(int fd, int slots, Arena arena) throws SetupRefused {
    if (slots == 0) {
      return;
    }
    MemorySegment table = arena.allocate(RSRC_REGISTER_BYTES, 8);
    table.set(ValueLayout.JAVA_INT, 0, slots);
    table.set(ValueLayout.JAVA_INT, RSRC_REGISTER_FLAGS, RegisterOps.RSRC_REGISTER_SPARSE);
    int result = SystemCalls.ioUringRegister(fd, RegisterOps.REGISTER_FILES2, table.address(), RSRC_REGISTER_BYTES);
    if (result == -Errno.EMFILE) {
      throw UringUnavailableException.tableOfDirectDescriptors(slots);
    }
    checked("io_uring_register", result);
  }

  private static void restrict(int fd, RingOptions options, KernelSupport support, Arena arena) throws SetupRefused {
    var opcodes = options.allowed().stream().filter(support::has).sorted().toList();
    MemorySegment rules = arena.allocate((long) RESTRICTION_BYTES * (opcodes.size() + 1 + ALLOWED_REGISTER_OPS.length), 8);
    for (int i = 0; i < opcodes.size(); i++) {
      rule(rules, i, RegisterOps.RESTRICTION_SQE_OP, opcodes.get(i).code());
    }
    rule(rules, opcodes.size(), RegisterOps.RESTRICTION_SQE_FLAGS_ALLOWED, ALLOWED_SQE_FLAGS);
    int at = opcodes.size() + 1;
    for (int allowed : ALLOWED_REGISTER_OPS) {
      rule(rules, at++, RegisterOps.RESTRICTION_REGISTER_OP, allowed);
    }
    checked(
        "io_uring_register",
        SystemCalls.ioUringRegister(fd, RegisterOps.REGISTER_RESTRICTIONS, rules.address(), at));
  }

  private static void rule(MemorySegment rules, int index, int kind, int value) {
    rules.set(ValueLayout.JAVA_SHORT, (long) index * RESTRICTION_BYTES, (short) kind);
    rules.set(ValueLayout.JAVA_BYTE, (long) index * RESTRICTION_BYTES + 2, (byte) value);
  }

  private static int checked(String call, int result) throws SetupRefused {
    if (result < 0) {
      throw new SetupRefused(call, -result);
    }
    return result;
  }

  @Override
  public int fd() {
    return fd;
  }

  @Override
  public SubmissionQueue sq() {
    return sq;
  }

  @Override
  public CompletionQueue cq() {
    return cq;
  }

  @Override
  public int features() {
    return features;
  }

  @Override
  public int directDescriptors() {
    return directDescriptors;
  }

  @Override
  public int enter(int toSubmit, int minComplete, int flags) {
    return SystemCalls.ioUringEnter(enterFd, toSubmit, minComplete, flags | enterFlags, 0, 0);
  }

  @Override
  public int enterAndWait(int toSubmit, long nanos, int flags) {
    waitArgument.set(ValueLayout.JAVA_LONG, EnterArgumentLayout.SECONDS, nanos / 1_000_000_000);
    waitArgument.set(ValueLayout.JAVA_LONG, EnterArgumentLayout.NANOS, nanos % 1_000_000_000);
    return SystemCalls.ioUringEnter(
        enterFd,
        toSubmit,
        1,
        flags | enterFlags | EnterFlags.GETEVENTS | EnterFlags.EXT_ARG,
        waitArgument.address(),
        EnterArgumentLayout.BYTES);
  }

  @Override
  public KernelSupport support() {
    return support;
  }

  @Override
  public void closeFd() {
    close(fd, enterFlags == 0 ? NO_NUMBER : enterFd);
  }

  @Override
  public void unmap() {
    entries.unmap();
    rings.unmap();
  }

  private static final class SetupRefused extends Exception {
    private static final long serialVersionUID = 1L;
    private final String call;
    private final int errno;

    SetupRefused(String call, int errno) {
      super(call, null, false, false);
      this.call = call;
      this.errno = errno;
    }
  }
}
