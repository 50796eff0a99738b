package io.loomring.guide;

import io.loomring.api.ChainResults;
import io.loomring.api.CustomOperation;
import io.loomring.api.SqeChain;
import io.loomring.fd.Descriptor;
import io.loomring.ring.Opcode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Appends a line to a file, and has it reach the device, in one submit. */
public final class WriteDurably extends CustomOperation<Integer> {
  private static final int FSYNC_DATASYNC = 1;

  private final Descriptor file;
  private final byte[] line;

  public WriteDurably(Descriptor file, String line) {
    this.file = file;
    this.line = (line + "\n").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  protected void encode(SqeChain chain) {
    // The kernel's until the call has ended, whatever ends it; never freed under it.
    MemorySegment bytes = chain.allocate(line.length);
    bytes.copyFrom(MemorySegment.ofArray(line));
    chain.add(Opcode.WRITE, file).memory(bytes).offset(-1);
    // Begins when the write is through, and not at all where that failed or fell short.
    chain.add(Opcode.FSYNC, file).operationFlags(FSYNC_DATASYNC);
  }

  @Override
  protected Integer result(ChainResults results) throws IOException {
    int written = results.require(0);
    if (written < line.length) {
      throw new IOException("no room: " + written + " of " + line.length + " bytes are written, and not synced");
    }
    results.require(1);
    return written;
  }

  @Override
  protected IOException failure(int entry, int errno) {
    return new IOException((entry == 0 ? "write" : "fdatasync") + " failed with errno " + errno);
  }

  @Override
  protected long progress(ChainResults results) {
    return Math.max(0, results.result(0));
  }
}
