package io.loomring.ring;

import io.loomring.sys.KernelVersion;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.Set;

/**
 * What the running kernel has: the features of set-up, and the probe's opcodes (K-28: opcodes only; a flag is found out
 * by trying it).
 */
public final class KernelSupport {
  private final KernelVersion version;
  private final BitSet opcodes;
  private final int features;

  /** Takes what a probe reported, and the features that set-up did. */
  public KernelSupport(KernelVersion version, BitSet opcodes, int features) {
    this.version = version;
    this.opcodes = (BitSet) opcodes.clone();
    this.features = features;
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

  /** Whether the kernel has a feature of {@link Features}: its bit. */
  public boolean hasFeature(int feature) {
    return (features & feature) == feature;
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
