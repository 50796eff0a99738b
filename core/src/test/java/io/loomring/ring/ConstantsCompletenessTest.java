package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.loomring.testkit.RunsOnce;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every row of the table of the kernel's constants has a named constant of that value. */
@RunsOnce(RunsOnce.NO_DRIVER)
class ConstantsCompletenessTest {
  /** Where a group of the table has its constants, and what its names begin with in the kernel's header. */
  private record Home(Class<?> type, String prefix) {}

  private static final Map<String, Home> HOMES = Map.ofEntries(
      Map.entry("sqe-flag-bit", new Home(SqeFlags.class, "IOSQE_")),
      Map.entry("setup-flag-bit", new Home(SetupFlags.class, "IORING_SETUP_")),
      Map.entry("register-op", new Home(RegisterOps.class, "IORING_")),
      Map.entry("register-flag-bit", new Home(RegisterOps.class, "IORING_REGISTER_")),
      Map.entry("enter-flag-bit", new Home(EnterFlags.class, "IORING_ENTER_")),
      Map.entry("feature-bit", new Home(Features.class, "IORING_FEAT_")),
      Map.entry("cancel-flag-bit", new Home(CancelFlags.class, "IORING_ASYNC_CANCEL_")),
      Map.entry("timeout-flag-bit", new Home(TimeoutFlags.class, "IORING_")),
      Map.entry("poll-flag-bit", new Home(PollFlags.class, "IORING_POLL_")),
      Map.entry("recvsend-ioprio-bit", new Home(IoPrioFlags.class, "IORING_")),
      Map.entry("accept-ioprio-bit", new Home(IoPrioFlags.class, "IORING_")),
      Map.entry("msg-ring-cmd", new Home(MsgRing.class, "IORING_MSG_")),
      Map.entry("msg-ring-flag-bit", new Home(MsgRing.class, "IORING_MSG_RING_")),
      Map.entry("socket-uring-cmd", new Home(SocketCommands.class, "SOCKET_URING_OP_")),
      Map.entry("cqe-flag-bit", new Home(CqeFlags.class, "IORING_CQE_")),
      Map.entry("sq-ring-flag-bit", new Home(SqRingFlags.class, "IORING_SQ_")),
      Map.entry("pbuf-ring-flag", new Home(RegisterOps.class, "IOU_")),
      Map.entry("constant", new Home(RegisterOps.class, "IORING_")),
      Map.entry("rsrc-flag-bit", new Home(RegisterOps.class, "IORING_")),
      Map.entry("fsync-flag-bit", new Home(OpFlags.class, "IORING_")),
      Map.entry("install-fd-flag-bit", new Home(OpFlags.class, "IORING_")),
      Map.entry("nop-flag-bit", new Home(OpFlags.class, "IORING_")));

  /** One line of the table. */
  record Row(long number, String name, String kernel, String group) {
    boolean isOpcode() {
      return name.startsWith("IORING_OP_");
    }

    int value() {
      return group.endsWith("-bit") ? 1 << number : (int) number;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Row> rows() throws IOException {
    try (InputStream table = ConstantsCompletenessTest.class.getResourceAsStream("opcodes.tsv")) {
      assertNotNull(table);
      return new BufferedReader(new InputStreamReader(table, StandardCharsets.UTF_8))
          .lines()
          .skip(1)
          .map(line -> line.split("\t"))
          .map(cells -> new Row(Long.parseLong(cells[0]), cells[1], cells[2], cells[3]))
          .toList();
    }
  }

  static Stream<Row> opcodes() throws IOException {
    return rows().stream().filter(Row::isOpcode);
  }

  static Stream<Row> flags() throws IOException {
    return rows().stream().filter(row -> !row.isOpcode());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("opcodes")
  void everyOpcodeIsNamedWithItsNumberAndItsKernel(Row row) {
    Opcode opcode = Opcode.valueOf(row.name.substring("IORING_OP_".length()));
    assertEquals(row.number, opcode.code());
    assertEquals(row.kernel, opcode.since());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("flags")
  void everyFlagIsNamedWithItsValue(Row row) throws ReflectiveOperationException {
    Home home = HOMES.get(row.group);
    assertNotNull(home, () -> "the group " + row.group + " has no home");
    Field field = home.type.getDeclaredField(constantName(row, home));
    assertEquals(row.value(), field.getInt(null));
  }

  private static String constantName(Row row, Home home) {
    String rest = row.name.substring(home.prefix.length());
    // F_MORE is MORE, but F_32 would be no name without its F.
    return row.group.equals("cqe-flag-bit") && !rest.equals("F_32") ? rest.substring("F_".length()) : rest;
  }

  @Test
  void noTwoOpcodesShareANumber() {
    long distinct = Arrays.stream(Opcode.values()).mapToInt(Opcode::code).distinct().count();
    assertEquals(Opcode.values().length, distinct);
  }

  @Test
  void everyOpcodeIsInTheTable() throws IOException {
    assertEquals(Opcode.values().length, opcodes().count());
  }

  @Test
  void theTableIsNotEmpty() throws IOException {
    assertFalse(rows().isEmpty());
  }
}
