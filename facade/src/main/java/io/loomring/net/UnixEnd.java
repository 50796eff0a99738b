package io.loomring.net;

import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What is behind a {@link UringUnixSocket}, on either transport; it looks after locks and states. */
interface UnixEnd {
  /** Reads at least one byte: a count, 0 at the end of the stream, or below zero what {@link #failure} knows. */
  int read(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int length, long deadline)
      throws IOException;

  /** Writes all: below zero what {@link #failure} knows. */
  int write(byte @Nullable [] array, @Nullable MemorySegment segment, int offset, int bytes) throws IOException;

  /** The same into buffers of which one has room at least; their positions advance. */
  int read(ByteBuffer[] into, int begin, int end, long deadline) throws IOException;

  /** The same from buffers; their positions stay. */
  int write(ByteBuffer[] from, int begin, int end) throws IOException;

  /** Writes a part of a file; the result tells how much, and what failed. */
  FileSender transferFrom(Descriptor file, long position, long count);

  /** How many bytes can be read at once, or below zero what {@link #failure} knows. */
  int available();

  SocketAddress localAddress() throws IOException;

  SocketAddress remoteAddress() throws IOException;

  /** Process, user and group of the peer. */
  int peerCredentials(int[] into);

  <T> void setOption(SocketOption<T> option, T value) throws IOException;

  <T> T getOption(SocketOption<T> option) throws IOException;

  /** Ends a direction: SHUT_RD or SHUT_WR. */
  int shutDown(int how) throws IOException;

  /** The exception for a result below zero of a call on an end that nobody closed. */
  IOException failure(Call call, int result);

  /** @throws UnsupportedOperationException if reads cannot be limited */
  void requireTimeouts();

  void close() throws IOException;
}
