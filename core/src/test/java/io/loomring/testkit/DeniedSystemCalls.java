package io.loomring.testkit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Runs a command under a seccomp filter that refuses chosen system calls, as a container's profile does:
 *
 * <pre>
 *  DeniedSystemCalls EPERM 425,426 -- command argument...
 * </pre>
 *
 * <p>A filter belongs to the thread that installs it, and replacing the process keeps it: so this thread installs it and
 * then becomes the command.
 */
public final class DeniedSystemCalls {
  public static final int IO_URING_SETUP = 425;
  public static final int IO_URING_ENTER = 426;
  public static final int IO_URING_REGISTER = 427;

  private static final Map<String, Integer> ERRNOS =
      Map.of("EPERM", 1, "ENOMEM", 12, "EACCES", 13, "EINVAL", 22, "EMFILE", 24, "ENOSYS", 38);

  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_SET_SECCOMP = 22;
  private static final int SECCOMP_MODE_FILTER = 2;
  private static final int AUDIT_ARCH_X86_64 = 0xC000003E;
  private static final int AUDIT_ARCH_AARCH64 = 0xC00000B7;

  /** Loads a word of struct seccomp_data: 0 holds the call's number, 4 the architecture. */
  private static final int LOAD_WORD = 0x20;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int RETURN = 0x06;
  private static final int ALLOW = 0x7FFF0000;
  private static final int FAIL = 0x00050000;
  private static final int INSTRUCTION_BYTES = 8;

  private DeniedSystemCalls() {}

  /** The command line that runs {@code command} with {@code calls} refused with {@code errno}, such as EPERM. */
  public static List<String> command(String errno, List<Integer> calls, List<String> command) {
    List<String> line = new ArrayList<>(List.of(
        ChildJvm.javaExecutable(),
        "--enable-native-access=ALL-UNNAMED",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        ChildJvm.classPath(),
        DeniedSystemCalls.class.getName(),
        errno,
        calls.stream().map(String::valueOf).collect(Collectors.joining(",")),
        "--"));
    line.addAll(command);
    return line;
  }

  public static void main(String[] args) throws Throwable {
    int dashes = Arrays.asList(args).indexOf("--");
    Integer errno = args.length == 0 ? null : ERRNOS.get(args[0]);
    if (dashes != 2 || errno == null || args.length == 3) {
      throw new IllegalArgumentException("usage: " + ERRNOS.keySet() + " number[,number...] -- command argument...");
    }
    int[] calls = Arrays.stream(args[1].split(",")).mapToInt(Integer::parseInt).toArray();
    String[] command = Arrays.copyOfRange(args, dashes + 1, args.length);
    become(command, arena -> program(arena, errno, calls));
  }

  /** Installs a filter, a {@code struct sock_fprog}, and becomes the command. */
  static void become(String[] command, Function<Arena, MemorySegment> filter) throws Throwable {
    Linker linker = Linker.nativeLinker();
    MethodHandle prctl = linker.downcallHandle(
        linker.defaultLookup().findOrThrow("prctl"),
        FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        Linker.Option.firstVariadicArg(1));
    MethodHandle execvp = linker.downcallHandle(
        linker.defaultLookup().findOrThrow("execvp"), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      // Everything is allocated before the filter is there, and the next call after it is the exec.
      MemorySegment argv = arguments(arena, command);
      MemorySegment program = filter.apply(arena);
      checked("PR_SET_NO_NEW_PRIVS", (int) prctl.invokeExact(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L));
      checked(
          "PR_SET_SECCOMP",
          (int) prctl.invokeExact(PR_SET_SECCOMP, (long) SECCOMP_MODE_FILTER, program.address(), 0L, 0L));
      int failed = (int) execvp.invokeExact(argv.get(ADDRESS, 0), argv);
      checked("execvp " + command[0], failed);
    }
  }

  private static void checked(String call, int result) {
    if (result != 0) {
      throw new IllegalStateException(call + " answered " + result);
    }
  }

  private static MemorySegment arguments(Arena arena, String[] command) {
    MemorySegment argv = arena.allocate(ADDRESS, command.length + 1L);
    for (int i = 0; i < command.length; i++) {
      argv.setAtIndex(ADDRESS, i, arena.allocateFrom(command[i]));
    }
    return argv;
  }

  /** {@code struct sock_fprog}: allow on a foreign architecture, fail on the calls, allow the rest. */
  private static MemorySegment program(Arena arena, int errno, int[] calls) {
    int arch = System.getProperty("os.arch").equals("aarch64") ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_X86_64;
    int instructions = 6 + calls.length;
    MemorySegment code = arena.allocate((long) INSTRUCTION_BYTES * instructions, 8);
    instruction(code, 0, LOAD_WORD, 0, 4);
    instruction(code, 1, JUMP_IF_EQUAL, 1, arch);
    instruction(code, 2, RETURN, 0, ALLOW);
    instruction(code, 3, LOAD_WORD, 0, 0);
    for (int i = 0; i < calls.length; i++) {
      instruction(code, 4 + i, JUMP_IF_EQUAL, calls.length - i, calls[i]);
    }
    instruction(code, 4 + calls.length, RETURN, 0, ALLOW);
    instruction(code, 5 + calls.length, RETURN, 0, FAIL | errno);
    MemorySegment program = arena.allocate(16, 8);
    program.set(JAVA_SHORT, 0, (short) instructions);
    program.set(ADDRESS, 8, code);
    return program;
  }

  private static void instruction(MemorySegment code, int index, int operation, int skipIfTrue, int operand) {
    long at = (long) index * INSTRUCTION_BYTES;
    code.set(JAVA_SHORT, at, (short) operation);
    code.set(JAVA_BYTE, at + 2, (byte) skipIfTrue);
    code.set(JAVA_INT, at + 4, operand);
  }
}
