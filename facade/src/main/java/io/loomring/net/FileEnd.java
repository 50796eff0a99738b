package io.loomring.net;

import io.loomring.fd.Descriptor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is behind a {@link UringFile}, on either transport; it has a position, and throws what a
 * {@link java.nio.channels.FileChannel} throws.
 */
interface FileEnd {
  /** Reads at the position, which advances, as much as there is room for or the file has; -1 at its end. */
  long read(MemorySegment into) throws IOException;

  /** The same at {@code from}, which is not below zero; the position stays. */
  long read(MemorySegment into, long from) throws IOException;

  /** Reads at the position into several segments, one after the other. */
  long read(List<MemorySegment> into) throws IOException;

  /** Writes at the position, which advances: all, or less where an error comes in between. */
  long write(MemorySegment from) throws IOException;

  /** The same at {@code to}, which is not below zero; the position stays. */
  long write(MemorySegment from, long to) throws IOException;

  /** Writes several segments at the position, one after the other. */
  long write(List<MemorySegment> from) throws IOException;

  long position() throws IOException;

  void position(long newPosition) throws IOException;

  long size() throws IOException;

  /** Cuts the file off. */
  void truncate(long newSize) throws IOException;

  void force(boolean metaData) throws IOException;

  /** How many bytes can be read without waiting for anybody, as far as that is known. */
  int available() throws IOException;

  boolean isReadable();

  boolean isWritable();

  boolean isOpen();

  /** The descriptor, or null where it is the JDK's. */
  @Nullable Descriptor descriptor();

  void close() throws IOException;
}
