package io.loomring.ring;

import io.loomring.sys.KernelVersion;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.Set;

/** What the running kernel has: the probe's opcodes (K-28: opcodes only; a flag is found out by trying it). */
public final class KernelSupport {
  private final KernelVersion version;
  private final BitSet opcodes;

  /** Takes what a probe reported. */
  public KernelSupport(KernelVersion version, BitSet opcodes) {
    this.version = version;
    this.opcodes = (BitSet) opcodes.clone();
  }

  public KernelVersion version() {
    return version;
  }

  public boolean has(Opcode opcode) {
    return opcodes.get(opcode.code());
  }

  /**
   * Refuses an opcode that is missing.
   *
   * @throws UnsupportedOperationException naming the opcode and the kernel that has it
   */
  public void require(Opcode opcode) {
    if (!has(opcode)) {
      throw new UnsupportedOperationException("IORING_OP_" + opcode + " needs Linux " + opcode.since()
          + "; this is " + version.release());
    }
  }

  /** The known opcodes that the kernel has. */
  public Set<Opcode> opcodes() {
    EnumSet<Opcode> present = EnumSet.noneOf(Opcode.class);
    for (Opcode opcode : Opcode.values()) {
      if (has(opcode)) {
        present.add(opcode);
      }
    }
    return present;
  }
}
