package io.loomring.testkit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs a command under a seccomp profile as containers have it (the JSON of Docker and of the OCI), as far as the profile
 * of this project goes: calls that are allowed or refused by name, and a mask over an argument.
 *
 * <pre>
 *  SeccompProfile profile.json -- command argument...
 * </pre>
 *
 * @param defaultErrno what every other call answers
 * @param rules in their order
 */
public record SeccompProfile(int defaultErrno, List<Rule> rules) {
  /** Of which architecture numbers of calls are. */
  public enum Architecture {
    X86_64, AARCH64
  }

  private static final int AUDIT_ARCH_X86_64 = 0xC000003E;
  private static final int AUDIT_ARCH_AARCH64 = 0xC00000B7;
  private static final boolean AARCH64 = System.getProperty("os.arch").equals("aarch64");

  private static final int LOAD_WORD = 0x20;
  private static final int AND = 0x54;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int RETURN = 0x06;
  private static final int ALLOW = 0x7FFF0000;
  private static final int FAIL = 0x00050000;
  private static final int INSTRUCTION_BYTES = 8;
  /** Where the arguments begin in {@code struct seccomp_data}, eight bytes each. */
  private static final int ARGUMENTS = 16;

  /**
   * Calls and what becomes of them.
   *
   * @param errno 0 for allowed
   * @param mask 0 for no condition; else they are allowed where the argument has none of its bits
   */
  public record Rule(List<String> names, int errno, int argument, int mask) {}

  /** Reads one. */
  public static SeccompProfile read(Path file) throws IOException {
    String json = Files.readString(file);
    if (!text(json, "defaultAction").equals("SCMP_ACT_ERRNO")) {
      throw new IllegalArgumentException("defaultAction " + text(json, "defaultAction"));
    }
    List<Rule> rules = new ArrayList<>();
    int depth = 0;
    int begin = 0;
    for (int i = json.indexOf("\"syscalls\""); i < json.length(); i++) {
      if (json.charAt(i) == '{' && depth++ == 0) {
        begin = i;
      } else if (json.charAt(i) == '}' && --depth == 0) {
        rules.add(rule(json.substring(begin, i + 1)));
      }
    }
    return new SeccompProfile(number(json, "defaultErrnoRet"), List.copyOf(rules));
  }

  private static Rule rule(String json) {
    Matcher names = Pattern.compile("\"names\"\\s*:\\s*\\[([^]]*)]").matcher(json);
    if (!names.find()) {
      throw new IllegalArgumentException("no names: " + json);
    }
    List<String> all = Pattern.compile("\"(\\w+)\"").matcher(names.group(1)).results().map(m -> m.group(1)).toList();
    int errno = switch (text(json, "action")) {
      case "SCMP_ACT_ALLOW" -> 0;
      case "SCMP_ACT_ERRNO" -> number(json, "errnoRet");
      default -> throw new IllegalArgumentException("action " + text(json, "action"));
    };
    if (!json.contains("\"args\"")) {
      return new Rule(all, errno, 0, 0);
    }
    if (!text(json, "op").equals("SCMP_CMP_MASKED_EQ") || number(json, "valueTwo") != 0) {
      throw new IllegalArgumentException("a condition that is not known here: " + json);
    }
    return new Rule(all, errno, number(json, "index"), number(json, "value"));
  }

  private static String text(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
    if (!found.find()) {
      throw new IllegalArgumentException("no " + name + ": " + json);
    }
    return found.group(1);
  }

  private static int number(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*(\\d+)").matcher(json);
    if (!found.find()) {
      throw new IllegalArgumentException("no " + name + ": " + json);
    }
    return Integer.parseUnsignedInt(found.group(1));
  }

  /** The numbers of calls by name; below zero those that only the other architecture has. */
  public static Map<String, Integer> numbers(Architecture architecture) {
    try (InputStream table = SeccompProfile.class.getResourceAsStream("syscalls.tsv")) {
      Map<String, Integer> numbers = new HashMap<>();
      new String(table.readAllBytes(), StandardCharsets.UTF_8).lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\t"))
          .forEach(words -> numbers.put(words[0], Integer.parseInt(words[1 + architecture.ordinal()])));
      return numbers;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The command line that runs {@code command} under the profile in {@code file}. */
  public static List<String> command(Path file, List<String> command) {
    List<String> line = new ArrayList<>(List.of(
        ChildJvm.javaExecutable(),
        "--enable-native-access=ALL-UNNAMED",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        ChildJvm.classPath(),
        SeccompProfile.class.getName(),
        file.toString(),
        "--"));
    line.addAll(command);
    return line;
  }

  public static void main(String[] args) throws Throwable {
    if (args.length < 3 || !args[1].equals("--")) {
      throw new IllegalArgumentException("usage: profile.json -- command argument...");
    }
    SeccompProfile profile = read(Path.of(args[0]));
    DeniedSystemCalls.become(Arrays.copyOfRange(args, 2, args.length), profile::program);
  }

  /** {@code struct sock_fprog}: of a foreign architecture nothing is allowed. */
  private MemorySegment program(Arena arena) {
    List<int[]> code = new ArrayList<>();
    add(code, LOAD_WORD, 0, 0, 4);
    add(code, JUMP_IF_EQUAL, 1, 0, AARCH64 ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_X86_64);
    add(code, RETURN, 0, 0, FAIL | defaultErrno);
    Map<String, Integer> numbers = numbers(AARCH64 ? Architecture.AARCH64 : Architecture.X86_64);
    for (Rule rule : rules) {
      for (String name : rule.names) {
        Integer number = numbers.get(name);
        if (number == null) {
          throw new IllegalArgumentException("no number is known of the call " + name);
        }
        if (number >= 0) {
          add(code, rule, number);
        }
      }
    }
    add(code, RETURN, 0, 0, FAIL | defaultErrno);
    MemorySegment instructions = arena.allocate((long) INSTRUCTION_BYTES * code.size(), 8);
    for (int i = 0; i < code.size(); i++) {
      long at = (long) i * INSTRUCTION_BYTES;
      int[] one = code.get(i);
      instructions.set(JAVA_SHORT, at, (short) one[0]);
      instructions.set(JAVA_BYTE, at + 2, (byte) one[1]);
      instructions.set(JAVA_BYTE, at + 3, (byte) one[2]);
      instructions.set(JAVA_INT, at + 4, one[3]);
    }
    MemorySegment program = arena.allocate(16, 8);
    program.set(JAVA_SHORT, 0, (short) code.size());
    program.set(ADDRESS, 8, instructions);
    return program;
  }

  private static void add(List<int[]> code, Rule rule, int number) {
    int action = rule.errno == 0 ? ALLOW : FAIL | rule.errno;
    add(code, LOAD_WORD, 0, 0, 0);
    if (rule.mask == 0) {
      add(code, JUMP_IF_EQUAL, 0, 1, number);
      add(code, RETURN, 0, 0, action);
    } else {
      add(code, JUMP_IF_EQUAL, 0, 4, number);
      add(code, LOAD_WORD, 0, 0, ARGUMENTS + 8 * rule.argument);
      add(code, AND, 0, 0, rule.mask);
      add(code, JUMP_IF_EQUAL, 0, 1, 0);
      add(code, RETURN, 0, 0, action);
    }
  }

  private static void add(List<int[]> code, int operation, int skipIfTrue, int skipIfFalse, int operand) {
    code.add(new int[] {operation, skipIfTrue, skipIfFalse, operand});
  }
}
