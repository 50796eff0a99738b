package io.loomring.net;

import io.loomring.fd.Descriptor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A file on the transport {@link Transport#JDK}: a channel of the JDK's, which an interrupt closes. */
final class JdkFileEnd implements FileEnd {
  private final FileChannel channel;
  private final FileOptions options;

  JdkFileEnd(FileChannel channel, FileOptions options) {
    this.channel = channel;
    this.options = options;
  }

  /** The memory, as far as one buffer can reach, or an array in its place where no buffer can. */
  private static ByteBuffer buffer(MemorySegment memory) {
    MemorySegment reachable = memory.byteSize() > Integer.MAX_VALUE ? memory.asSlice(0, Integer.MAX_VALUE) : memory;
    boolean foreign = reachable.heapBase().map(base -> !(base instanceof byte[])).orElse(false);
    return foreign ? ByteBuffer.wrap(reachable.toArray(ValueLayout.JAVA_BYTE)) : reachable.asByteBuffer();
  }

  private static void copyBack(ByteBuffer from, MemorySegment to, long count) {
    if (count > 0 && from.hasArray() && to.heapBase().orElse(null) != from.array()) {
      MemorySegment.copy(MemorySegment.ofArray(from.array()), 0, to, 0, count);
    }
  }

  private static ByteBuffer[] buffers(List<MemorySegment> memory) {
    return memory.stream().map(JdkFileEnd::buffer).toArray(ByteBuffer[]::new);
  }

  @Override
  public long read(MemorySegment into) throws IOException {
    ByteBuffer buffer = buffer(into);
    long count = channel.read(buffer);
    copyBack(buffer, into, count);
    return count;
  }

  @Override
  public long read(MemorySegment into, long from) throws IOException {
    ByteBuffer buffer = buffer(into);
    long count = channel.read(buffer, from);
    copyBack(buffer, into, count);
    return count;
  }

  @Override
  public long read(List<MemorySegment> into) throws IOException {
    return channel.read(buffers(into));
  }

  @Override
  public long write(MemorySegment from) throws IOException {
    return channel.write(buffer(from));
  }

  @Override
  public long write(MemorySegment from, long to) throws IOException {
    return channel.write(buffer(from), to);
  }

  @Override
  public long write(List<MemorySegment> from) throws IOException {
    return channel.write(buffers(from));
  }

  @Override
  public long position() throws IOException {
    return channel.position();
  }

  @Override
  public void position(long newPosition) throws IOException {
    channel.position(newPosition);
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public void truncate(long newSize) throws IOException {
    channel.truncate(newSize);
  }

  @Override
  public void force(boolean metaData) throws IOException {
    channel.force(metaData);
  }

  @Override
  public int available() throws IOException {
    return Math.clamp(channel.size() - channel.position(), 0, Integer.MAX_VALUE);
  }

  @Override
  public boolean isReadable() {
    return options.readable();
  }

  @Override
  public boolean isWritable() {
    return options.writable();
  }

  @Override
  public boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public @Nullable Descriptor descriptor() {
    return null;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  @Override
  public String toString() {
    return channel.isOpen() ? "a channel of the JDK's" : "a closed channel of the JDK's";
  }
}
