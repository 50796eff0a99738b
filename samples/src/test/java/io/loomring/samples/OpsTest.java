package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.ring.Opcode;
import io.loomring.testkit.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpsTest {
  @Test
  void oneLineForEachOpcodeIsPrinted() {
    ChildJvm.Result result = ChildJvm.of(Loomring.class, "ops").run();
    List<String> lines = result.succeeded().lines().toList();
    assertEquals(1 + Opcode.values().length, lines.size(), result::toString);
    for (Opcode opcode : Opcode.values()) {
      String line = lines.get(1 + opcode.code());
      assertTrue(
          line.matches(" ?" + opcode.code() + "  " + opcode + " +(?:yes|no) +" + opcode.since() + " +\\S+ +\\S+"), line);
    }
    assertEquals("", result.err());
  }
}
