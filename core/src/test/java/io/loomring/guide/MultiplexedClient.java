package io.loomring.guide;

import io.loomring.api.CallOptions;
import io.loomring.api.RequestTable;
import io.loomring.api.Uring;
import io.loomring.fd.Descriptor;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/** Callers that share a connection: each gets its own reply, in whatever order they come. */
public final class MultiplexedClient implements AutoCloseable {
  /** What stands before each message: the request's id, and the length in bytes. */
  static final int HEADER_BYTES = Long.BYTES + Integer.BYTES;

  private final Uring uring;
  private final Descriptor connection;
  private final RequestTable<byte[], Void> pending;
  private final ReentrantLock sending = new ReentrantLock();

  public MultiplexedClient(Uring uring, Descriptor connection, int requestsMax) {
    this.uring = uring;
    this.connection = connection;
    this.pending = RequestTable.of(uring, requestsMax);
    Thread.startVirtualThread(this::readReplies);
  }

  /** Sends a question and waits for its reply. */
  public byte[] call(byte[] question, CallOptions options) throws IOException {
    // First the place for the reply, then the question: the reply may be faster than the return of send.
    long id = pending.submit(null, options);
    boolean sent = false;
    try {
      send(id, question);
      sent = true;
    } finally {
      if (!sent) {
        pending.abandon(id);
      }
    }
    return pending.await(id, options);
  }

  private void send(long id, byte[] question) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES + question.length);
    frame.putLong(id).putInt(question.length).put(question).flip();
    sending.lock();
    try {
      uring.send(connection, frame, CallOptions.NONE);
    } finally {
      sending.unlock();
    }
  }

  private void readReplies() {
    IOException end;
    try {
      while (true) {
        ByteBuffer header = read(HEADER_BYTES);
        long id = header.getLong();
        byte[] reply = read(header.getInt()).array();
        // False where the caller has given up: the reply is nobody's, and not the next caller's.
        pending.complete(id, reply);
      }
    } catch (IOException | RuntimeException failed) {
      end = new IOException("the connection is gone", failed);
    }
    pending.failAll(end);
    pending.close();
  }

  private ByteBuffer read(int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining()) {
      if (uring.recv(connection, buffer, CallOptions.NONE) < 0) {
        throw new EOFException("in the middle of " + bytes + " bytes");
      }
    }
    return buffer.flip();
  }

  /** How many callers wait. */
  public int waiting() {
    return pending.size();
  }

  @Override
  public void close() throws IOException {
    // Ends the reader, which ends the callers.
    connection.close();
  }
}
