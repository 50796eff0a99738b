package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loomring.sys.KernelVersion;
import io.loomring.testkit.RunsOnce;
import java.util.BitSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

@RunsOnce(RunsOnce.NO_DRIVER)
class KernelSupportTest {
  private static KernelSupport support(Opcode... opcodes) {
    BitSet present = new BitSet();
    for (Opcode opcode : opcodes) {
      present.set(opcode.code());
    }
    return new KernelSupport(KernelVersion.parse("6.1.90-test"), present, 0);
  }

  @Test
  void anOpcodeThatIsThereIsNotRefused() {
    support(Opcode.NOP).require(Opcode.NOP);
  }

  @Test
  void anOpcodeThatIsMissingIsNamedWithTheKernelThatHasItAndTheOneThatRuns() {
    String message = assertThrows(
            UnsupportedOperationException.class, () -> support(Opcode.NOP).require(Opcode.BIND))
        .getMessage();
    assertEquals("IORING_OP_BIND needs Linux 6.11; this is 6.1.90-test", message);
  }

  @Test
  void onlyKnownOpcodesAreListed() {
    BitSet present = new BitSet();
    present.set(Opcode.RECV.code());
    present.set(200);
    assertEquals(Set.of(Opcode.RECV), new KernelSupport(KernelVersion.parse("9.9"), present, 0).opcodes());
  }

  @Test
  void whatTheProbeReportedIsCopied() {
    BitSet present = new BitSet();
    KernelSupport support = new KernelSupport(KernelVersion.parse("6.1"), present, 0);
    present.set(Opcode.NOP.code());
    assertFalse(support.has(Opcode.NOP));
  }
}
