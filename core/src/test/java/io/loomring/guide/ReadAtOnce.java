package io.loomring.guide;

import io.loomring.api.ChainResults;
import io.loomring.api.CustomOperation;
import io.loomring.api.ReservedSlot;
import io.loomring.api.SqeChain;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Opens a file, reads the beginning of it, and closes it, in one submit. */
public final class ReadAtOnce extends CustomOperation<byte[]> {
  private final ReservedSlot slot;
  private final String path;
  private final int maxBytes;
  private @Nullable MemorySegment into;

  public ReadAtOnce(ReservedSlot slot, String path, int maxBytes) {
    this.slot = slot;
    this.path = path;
    this.maxBytes = maxBytes;
  }

  @Override
  protected void encode(SqeChain chain) {
    into = chain.allocate(maxBytes);
    chain.add(Opcode.OPENAT, Constants.AT_FDCWD).address(chain.path(path)).into(slot);
    // A file may be shorter than the memory, and a short read would end the chain before the close.
    chain.add(Opcode.READ, slot).memory(into).hardLink();
    chain.close(slot);
  }

  @Override
  protected byte[] result(ChainResults results) throws IOException {
    results.require(0);
    int bytes = results.require(1);
    results.require(2);
    return Objects.requireNonNull(into).asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
  }
}
