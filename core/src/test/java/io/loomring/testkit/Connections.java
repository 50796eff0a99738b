package io.loomring.testkit;

import io.loomring.api.Uring;
import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Loopback connections on a ring. */
public final class Connections {
  private static final int BACKLOG = 1024;

  private Connections() {}

  /** A socket that listens on a free port of loopback. */
  public static Descriptor listener(Uring uring) throws IOException {
    return listener(uring, BACKLOG);
  }

  /** The same with a backlog. */
  public static Descriptor listener(Uring uring, int backlog) throws IOException {
    Descriptor listener = uring.tcpSocket();
    uring.bind(listener, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    uring.listen(listener, backlog);
    return listener;
  }

  /** Where a listener listens. */
  public static InetSocketAddress address(Descriptor listener) {
    InetSocketAddress address = SocketCalls.localAddress(listener);
    if (address == null) {
      throw new AssertionError("no address: " + listener);
    }
    return address;
  }

  /** A client that is connected. */
  public static Descriptor connected(Uring uring, InetSocketAddress to) throws IOException {
    Descriptor socket = uring.tcpSocket();
    try {
      uring.connect(socket, to);
      return socket;
    } catch (IOException failed) {
      socket.close();
      throw failed;
    }
  }

  /** A connection through a listener of its own. */
  public static Pair pair(Uring uring) throws IOException {
    try (Descriptor listener = listener(uring)) {
      return pair(uring, listener);
    }
  }

  /** A connection through {@code listener}, which nobody else uses meanwhile. */
  public static Pair pair(Uring uring, Descriptor listener) throws IOException {
    Descriptor client = connected(uring, address(listener));
    return new Pair(client, uring.accept(listener));
  }

  /** Sends until no byte goes any more, and answers how many went. */
  public static long fill(Uring uring, Descriptor socket) {
    Buffer buffer = uring.buffers().acquire(BufferPool.MAX_BYTES);
    try {
      long all = 0;
      while (true) {
        int sent = uring.raw().send(
            socket, buffer, 0, BufferPool.MAX_BYTES, Constants.MSG_DONTWAIT, Deadline.NONE, false, null);
        if (sent <= 0) {
          return all;
        }
        all += sent;
      }
    } finally {
      uring.buffers().release(buffer);
    }
  }

  /** Both ends of a connection. */
  public record Pair(Descriptor client, Descriptor server) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      client.close();
      server.close();
    }
  }
}
