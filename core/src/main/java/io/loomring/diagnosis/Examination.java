package io.loomring.diagnosis;

import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.diagnosis.Finding.Status;
import io.loomring.error.UringUnavailableException;
import io.loomring.ring.Features;
import io.loomring.ring.KernelSupport;
import io.loomring.ring.Opcode;
import io.loomring.sys.Errno;
import io.loomring.sys.KernelVersion;
import io.loomring.sys.NativeAccess;
import io.loomring.sys.Platform;
import io.loomring.sys.SystemCalls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One examination: the checks in their order, each of which knows what those before it found. */
final class Examination {
  private static final int PAGE_BYTES = 4096;
  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;
  private static final int SQE_BYTES = 64;
  private static final int CQE_BYTES = 16;
  private static final int INDEX_BYTES = 4;
  /** A ring of the default driver has its own, one to wait with and one to be woken by. */
  private static final int FILES_PER_RING = 3;
  /** Fewer than a server of some hundred connections gets by with, each of which is one. */
  private static final int FEW_FILES = 1024;
  private static final String OPEN_JAVA_LANG = "--add-opens=java.base/java.lang=ALL-UNNAMED";
  private static final String SEE_LIMITS = "see locked memory and open files";
  private static final String JDK_TRANSPORT = "use the JDK's sockets: -Dloomring.transport=jdk";

  private final ProcessFacts facts;
  private final UringConfig config;
  private final @Nullable String wrongProperty;
  private final List<Finding> findings = new ArrayList<>();

  // Found on the way.
  private @Nullable UringUnavailableException cause;
  private @Nullable UringUnavailableException shortage;
  private @Nullable KernelSupport support;
  private int sqEntries;

  /** {@code wrongProperty}: why the properties make no configuration, and another one is examined instead. */
  Examination(ProcessFacts facts, UringConfig config, @Nullable String wrongProperty) {
    this.facts = facts;
    this.config = config.withName("doctor");
    this.wrongProperty = wrongProperty;
  }

  Diagnosis run() {
    cause = Uring.unavailabilityCause();
    shortage = cause;
    // Tried first and told last: what the limits amount to is seen by what the rings got.
    Finding poller = driver("poller driver", false);
    findings.add(platform());
    findings.add(jdk());
    findings.add(nativeAccess());
    findings.add(kernel());
    findings.add(kernelSwitch());
    findings.add(seccomp());
    findings.add(systemCalls());
    findings.add(lockedMemory());
    findings.add(openFiles());
    findings.add(configuration());
    findings.add(operations());
    findings.add(features());
    findings.add(roundTrip());
    findings.add(poller);
    findings.add(loops());
    return new Diagnosis(cause == null && poller.status() == Status.OK, findings);
  }

  // ---- the machine and the JVM

  private static Finding platform() {
    String reason = Platform.unsupportedReason();
    return reason == null
        ? Finding.ok("platform", System.getProperty("os.name") + ", " + System.getProperty("os.arch"))
        : Finding.fault("platform", reason, JDK_TRANSPORT);
  }

  private static Finding jdk() {
    return Finding.ok("JDK", Runtime.version() + ", " + System.getProperty("java.vendor") + "; carriers: "
        + Uring.schedulerParallelism());
  }

  private Finding nativeAccess() {
    String title = "native access";
    List<String> missing;
    try {
      missing = NativeAccess.missing();
    } catch (LinkageError absent) {
      return Finding.fault(title, "JNA is missing: " + absent, "add net.java.dev.jna:jna to the class path");
    }
    boolean failed = cause != null && cause.getCause() instanceof LinkageError;
    if (!missing.isEmpty()) {
      String modules = String.join(",", missing);
      String remedy = "start the JVM with --enable-native-access=" + modules;
      return failed
          ? Finding.fault(title, "refused to " + modules, remedy)
          : new Finding(
              title, Status.WARN, "not enabled for " + modules + ": the JVM warns, and one day will refuse", remedy);
    }
    return failed
        ? Finding.fault(
            title, "enabled, but JNA cannot load its library", "-Djna.tmpdir=DIR, of a file system without noexec")
        : Finding.ok(title, "enabled");
  }

  // ---- who may refuse

  private static Finding kernel() {
    String release = System.getProperty("os.version", "");
    boolean isOurs = Platform.unsupportedReason() == null;
    return !isOurs || KernelVersion.parse(release).isAtLeast(6, 1)
        ? Finding.ok("kernel", release)
        : Finding.fault("kernel", release + ": too old", "run Linux 6.1 or newer, or " + JDK_TRANSPORT);
  }

  private Finding kernelSwitch() {
    String title = "io_uring_disabled";
    long group = facts.uringGroup();
    String onlySome = "1: for CAP_SYS_ADMIN" + (group < 0 ? "" : " and group " + group);
    return switch (facts.uringDisabled()) {
      case ProcessFacts.NO_SWITCH -> Finding.ok(title, "not there: this kernel has no such switch");
      case 0 -> Finding.ok(title, "0: for everybody");
      case 1 -> facts.mayHaveRings()
          ? Finding.ok(title, onlySome + ", as this process is")
          : Finding.fault(
              title,
              onlySome + ", which this process is not",
              group < 0
                  ? "sysctl kernel.io_uring_disabled=0, or kernel.io_uring_group=GID"
                  : "sysctl kernel.io_uring_disabled=0, or join group " + group);
      default -> Finding.fault(title, facts.uringDisabled() + ": for nobody", "sysctl kernel.io_uring_disabled=0");
    };
  }

  private Finding seccomp() {
    String title = "seccomp";
    String filters = facts.seccompFilters();
    return switch (facts.seccompMode()) {
      case 0 -> Finding.ok(title, "0: no filter");
      case 1 -> Finding.fault(title, "1: strict, only reads and writes are let through", "start it without SECCOMP_STRICT");
      default -> Finding.ok(
          title, facts.seccompMode() + ": " + (filters.isEmpty() ? "filtered" : filters + (filters.equals("1") ? " filter" : " filters")));
    };
  }

  /** Each with arguments that make it fail once it has got past all who may refuse it. */
  private Finding systemCalls() {
    String title = "system calls";
    if (Platform.unsupportedReason() != null || cause != null && cause.getCause() instanceof LinkageError) {
      return Finding.skipped(title, "no native call can be made");
    }
    List<String> refused = new ArrayList<>();
    int first = noteRefusal(refused, "425 io_uring_setup", SystemCalls.ioUringSetup(0, 0));
    int second = noteRefusal(refused, "426 io_uring_enter", SystemCalls.ioUringEnter(-1, 0, 0, 0, 0, 0));
    int third = noteRefusal(refused, "427 io_uring_register", SystemCalls.ioUringRegister(-1, 0, 0, 0));
    if (refused.isEmpty()) {
      return Finding.ok(title, "425, 426 and 427 reach the kernel");
    }
    String found = String.join(", ", refused);
    if (second == 0 && third == 0 && !facts.mayHaveRings()) {
      return Finding.skipped(title, found + ", for io_uring_disabled");
    }
    return Finding.fault(title, found, remedy(Math.max(first, Math.max(second, third))));
  }

  /** Answers the errno if the call was refused, or 0. */
  private static int noteRefusal(List<String> refused, String call, int result) {
    int errno = -result;
    if (errno != Errno.EPERM && errno != Errno.EACCES && errno != Errno.ENOSYS) {
      return 0;
    }
    refused.add(call + " answers " + Errno.name(errno));
    return errno;
  }

  private String remedy(int errno) {
    if (facts.seccompMode() != 0) {
      return "allow system calls 425, 426 and 427 in the seccomp profile";
    }
    return errno == Errno.ENOSYS
        ? "run a kernel with CONFIG_IO_URING=y, outside of sandboxes like gVisor"
        : "allow io_uring in the policy of the security module (SELinux, say)";
  }

  // ---- limits

  private Finding lockedMemory() {
    String title = "locked memory";
    long needed = (long) config.rings() * ringBytes(config.sqEntries(), config.cqEntries());
    String needs = "; " + rings() + " " + (config.rings() == 1 ? "takes " : "take ") + size(needed);
    String remedy = "ulimit -l " + (needed + KIB - 1) / KIB + ", or CAP_IPC_LOCK, or a smaller -Dloomring.sqEntries";
    String limit = size(facts.lockedBytes());
    if (facts.hasCapability(ProcessFacts.CAP_IPC_LOCK)) {
      return Finding.ok(title, "no limit, with CAP_IPC_LOCK" + needs);
    }
    if (shortage != null && shortage.errno() == Errno.ENOMEM) {
      return Finding.fault(title, limit + ", used up" + needs, remedy);
    }
    if (support != null && sqEntries < config.sqEntries()) {
      return new Finding(
          title,
          Status.WARN,
          limit + needs + ": got queues of " + sqEntries + " entries, not " + config.sqEntries(),
          remedy);
    }
    return Finding.ok(title, limit + needs);
  }

  /** What a ring is charged with where it is charged (K-26): its two mappings, in whole pages. */
  private static long ringBytes(long sqEntries, long cqEntries) {
    return pages(SQE_BYTES * sqEntries) + pages(PAGE_BYTES / 8 + CQE_BYTES * cqEntries + INDEX_BYTES * sqEntries);
  }

  private static long pages(long bytes) {
    return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
  }

  private String rings() {
    return config.rings() == 1 ? "the ring" : "the " + config.rings() + " rings";
  }

  private static String size(long bytes) {
    if (bytes == ProcessFacts.UNLIMITED) {
      return "unlimited";
    }
    return bytes >= MIB && bytes % MIB == 0 ? bytes / MIB + " MiB" : (bytes + KIB - 1) / KIB + " KiB";
  }

  private Finding openFiles() {
    String title = "open files";
    long limit = facts.openFiles();
    String found = (limit == ProcessFacts.UNLIMITED ? "unlimited" : Long.toString(limit)) + "; " + rings()
        + (config.rings() == 1 ? " takes " : " take ") + FILES_PER_RING * config.rings() + ", each connection one";
    String remedy = "ulimit -n 65536, or LimitNOFILE= of its service";
    if (shortage != null && (shortage.errno() == Errno.EMFILE || shortage.errno() == Errno.ENFILE)) {
      return Finding.fault(title, found + ": used up", remedy);
    }
    return limit < FEW_FILES ? new Finding(title, Status.WARN, found, remedy) : Finding.ok(title, found);
  }

  private Finding configuration() {
    String title = "configuration";
    return wrongProperty == null
        ? Finding.ok(title, config.rings() + " x " + config.sqEntries() + " entries, " + config.maxOperations()
            + " operations" + (config.loops() ? ", loops" : ""))
        : Finding.fault(
            title, wrongProperty + "; the defaults are examined instead", "correct or leave out that property");
  }

  // ---- what the kernel can do

  /** Something that a kernel brought. */
  private record Novelty(String name, String since, boolean isHere) {}

  private Finding operations() {
    KernelSupport kernel = support;
    return kernel == null
        ? Finding.skipped("operations", "no ring could be asked")
        : inventory("operations", Stream.of(Opcode.values())
            .map(opcode -> new Novelty(opcode.name(), opcode.since(), kernel.has(opcode)))
            .toList());
  }

  private Finding features() {
    KernelSupport kernel = support;
    return kernel == null
        ? Finding.skipped("features", "no ring could be asked")
        : inventory("features", Features.ALL.stream()
            .map(feature -> new Novelty(feature.name(), feature.since(), kernel.hasFeature(feature.bit())))
            .toList());
  }

  private static Finding inventory(String title, List<Novelty> all) {
    List<Novelty> missing = all.stream().filter(novelty -> !novelty.isHere).toList();
    long here = all.size() - missing.size();
    List<String> details = new ArrayList<>();
    // Kernels bring them in order, so what is here is mostly all that there was until some version.
    List<Novelty> before = missing.isEmpty()
        ? all
        : all.stream().filter(novelty -> version(novelty).compareTo(version(oldest(missing))) < 0).toList();
    if (!before.isEmpty()) {
      details.add("here: all of Linux 5.1 to " + newest(before).since);
    }
    all.stream()
        .filter(novelty -> novelty.isHere && !before.contains(novelty))
        .forEach(novelty -> details.add("here: " + novelty.name + ", of Linux " + novelty.since));
    missing.forEach(novelty -> details.add("missing: " + novelty.name + ", which Linux " + novelty.since + " brings"));
    return new Finding(
        title, missing.isEmpty() ? Status.OK : Status.NOTE, here + " of " + all.size(), null, details);
  }

  private static KernelVersion version(Novelty novelty) {
    return KernelVersion.parse(novelty.since);
  }

  private static Novelty oldest(List<Novelty> some) {
    return some.stream().min((a, b) -> version(a).compareTo(version(b))).orElseThrow();
  }

  private static Novelty newest(List<Novelty> some) {
    return some.stream().max((a, b) -> version(a).compareTo(version(b))).orElseThrow();
  }

  // ---- trials

  private Finding roundTrip() {
    String title = "ring round trip";
    UringUnavailableException refusal = cause;
    if (refusal == null) {
      return Finding.ok(title, "a NOP went through the kernel and back");
    }
    if (findings.stream().anyMatch(Finding::isFault)) {
      return Finding.skipped(title, "cannot be, before the fault above is mended");
    }
    return Finding.fault(title, String.valueOf(refusal.getMessage()), JDK_TRANSPORT);
  }

  private Finding loops() {
    String title = "loop driver";
    if (cause == null && !Object.class.getModule().isOpen("java.lang", Uring.class.getModule())) {
      return new Finding(
          title, Status.NOTE, "not to be had: java.lang is not opened", "for loops add " + OPEN_JAVA_LANG);
    }
    return driver(title, true);
  }

  private Finding driver(String title, boolean loops) {
    if (cause != null) {
      return Finding.skipped(title, "no ring could be had");
    }
    try (Uring uring = Uring.open(config.withLoops(loops))) {
      if (loops && !uring.hasLoops()) {
        return new Finding(
            title, Status.WARN, "the virtual threads of this JVM are not as known here", "use the default driver");
      }
      support = uring.support();
      sqEntries = uring.sqEntries();
      long nanos = new LoopbackTrial(uring).run();
      return Finding.ok(
          title, LoopbackTrial.ECHOES + " echoes over loopback, the fastest in " + Math.ceilDiv(nanos, 1000) + " us");
    } catch (IOException failed) {
      return Finding.fault(
          title, "no echo over loopback: " + failed.getMessage(), remedyOf(String.valueOf(failed.getMessage())));
    } catch (UringUnavailableException refused) {
      shortage = refused;
      return Finding.fault(title, String.valueOf(refused.getMessage()), SEE_LIMITS);
    }
  }

  /** What to do where there is a ring, and no echo: where a limit is to blame, the network is not. */
  static String remedyOf(String failure) {
    boolean isLimit = failure.contains(Errno.text(Errno.EMFILE)) || failure.contains(Errno.text(Errno.ENOMEM));
    return isLimit ? SEE_LIMITS : "ip link set lo up, and allow 127.0.0.1 and ::1";
  }
}
