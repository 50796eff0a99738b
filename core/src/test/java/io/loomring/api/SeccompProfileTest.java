package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.SeccompProfile;
import io.loomring.testkit.Smoke;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The profile for containers that docs/SECURITY.md has. */
@RunsOnce("the two drivers make the same system calls")
class SeccompProfileTest {
  private static final Path PROFILE = Path.of("..", "docs", "security", "seccomp.json").toAbsolutePath().normalize();
  private static final Set<String> IO_URING = Set.of("io_uring_setup", "io_uring_enter", "io_uring_register");
  /** What gives power over the machine or over other processes, and what no program on this library needs. */
  private static final Set<String> NEVER = Set.of(
      "acct", "add_key", "bpf", "delete_module", "finit_module", "fsopen", "init_module", "kexec_load", "keyctl", "mount",
      "move_pages", "open_by_handle_at", "perf_event_open", "pivot_root", "process_vm_readv", "process_vm_writev",
      "ptrace", "quotactl", "reboot", "seccomp", "setns", "swapon", "umount2", "unshare", "userfaultfd");

  /** What aarch64 has in place of each call that only x86-64 has, or nothing. */
  private static final Map<String, List<String>> ON_AARCH64 = Map.ofEntries(
      Map.entry("access", List.of("faccessat", "faccessat2")), Map.entry("alarm", List.of("setitimer")),
      Map.entry("arch_prctl", List.of()), Map.entry("chmod", List.of("fchmodat")),
      Map.entry("chown", List.of("fchownat")), Map.entry("creat", List.of("openat")),
      Map.entry("dup2", List.of("dup3")), Map.entry("epoll_create", List.of("epoll_create1")),
      Map.entry("epoll_wait", List.of("epoll_pwait", "epoll_pwait2")), Map.entry("eventfd", List.of("eventfd2")),
      Map.entry("fork", List.of("clone")), Map.entry("futimesat", List.of("utimensat")),
      Map.entry("getdents", List.of("getdents64")), Map.entry("getpgrp", List.of("getpgid")),
      Map.entry("inotify_init", List.of("inotify_init1")), Map.entry("lchown", List.of("fchownat")),
      Map.entry("link", List.of("linkat")), Map.entry("lstat", List.of("newfstatat", "statx")),
      Map.entry("mkdir", List.of("mkdirat")), Map.entry("open", List.of("openat", "openat2")),
      Map.entry("pause", List.of("ppoll")), Map.entry("pipe", List.of("pipe2")), Map.entry("poll", List.of("ppoll")),
      Map.entry("readlink", List.of("readlinkat")), Map.entry("rename", List.of("renameat", "renameat2")),
      Map.entry("rmdir", List.of("unlinkat")), Map.entry("select", List.of("pselect6")),
      Map.entry("signalfd", List.of("signalfd4")), Map.entry("stat", List.of("newfstatat", "statx")),
      Map.entry("symlink", List.of("symlinkat")), Map.entry("time", List.of("clock_gettime", "gettimeofday")),
      Map.entry("unlink", List.of("unlinkat")), Map.entry("utime", List.of("utimensat")),
      Map.entry("utimes", List.of("utimensat")), Map.entry("vfork", List.of("clone")));

  private static Set<String> allowed() throws Exception {
    return SeccompProfile.read(PROFILE).rules().stream()
        .filter(rule -> rule.errno() == 0)
        .flatMap(rule -> rule.names().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everythingWorksUnderIt() {
    String said = ChildJvm.of(Smoke.class).under(PROFILE).run().succeeded();
    assertTrue(said.contains("smoke passed"), said);
  }

  @Test
  void withoutItsThreeCallsIoUringIsRefused(@TempDir Path directory) throws Exception {
    String text = Files.readString(PROFILE);
    for (String call : IO_URING) {
      text = text.replace("\"" + call + "\"", "\"getpid\"");
    }
    Path without = Files.writeString(directory.resolve("without.json"), text);
    String said = ChildJvm.of(RefusedRingTest.Main.class).under(without).run().succeeded();
    assertTrue(said.contains("available=false") && said.contains("EPERM"), said);
  }

  @Test
  void itRefusesNamespacesOfOnesOwn() throws Exception {
    Process unshare = new ProcessBuilder(SeccompProfile.command(PROFILE, List.of("unshare", "--user", "true")))
        .redirectErrorStream(true)
        .start();
    String said = new String(unshare.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(unshare.waitFor(60, TimeUnit.SECONDS), "it does not end");
    assertTrue(unshare.exitValue() != 0 && said.contains("Operation not permitted"), said);
  }

  @Test
  void itAllowsTheThreeCallsAndNothingThatGivesPower() throws Exception {
    Set<String> allowed = allowed();
    assertTrue(allowed.containsAll(IO_URING), allowed::toString);
    Set<String> powerful = new TreeSet<>(allowed);
    powerful.retainAll(NEVER);
    assertEquals(Set.of(), powerful);
  }

  @Test
  void onAarch64TheCallsInPlaceOfThoseThatOnlyX86HasAreAllowed() throws Exception {
    Map<String, Integer> numbers = SeccompProfile.numbers(SeccompProfile.Architecture.AARCH64);
    Set<String> allowed = allowed();
    Set<String> onlyX86 = allowed.stream().filter(name -> numbers.get(name) < 0)
        .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(new TreeSet<>(ON_AARCH64.keySet()), onlyX86);
    ON_AARCH64.forEach((name, inItsPlace) -> {
      assertTrue(allowed.containsAll(inItsPlace), name);
      inItsPlace.forEach(other -> assertTrue(numbers.get(other) >= 0, other));
    });
    assertTrue(Files.readString(PROFILE).contains("\"SCMP_ARCH_AARCH64\""), "it is for x86-64 only");
  }
}
