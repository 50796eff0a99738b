package io.loomring.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A peer that misbehaves, between a client and a server: it passes on what the one says to the other, with a fault in the
 * direction from the server to the client. Made of the JDK's sockets and platform threads, so that it has no part in what
 * it is to test.
 */
public final class FaultProxy implements AutoCloseable {
  /** What is wrong with it. */
  public enum Fault {
    /** Nothing. */
    NONE,
    /** Each piece is held back for a few milliseconds. */
    DELAY,
    /** One byte at a time. */
    BYTE_BY_BYTE,
    /** After so many bytes nothing is passed on any more, and nothing is closed. */
    STOP,
    /** After so many bytes both connections are reset. */
    RESET,
    /** After so many bytes the direction to the client ends; the other one goes on. */
    HALF_CLOSE,
    /** After so many bytes as many of nobody's follow; then it goes on. */
    GARBAGE
  }

  private static final int GARBAGE_BYTES = 1000;
  private static final long DELAY_NANOS = 3_000_000;

  private final ServerSocket listener;
  private final InetSocketAddress server;
  private final Fault fault;
  private final int afterBytes;
  private final Queue<Socket> open = new ConcurrentLinkedQueue<>();

  /** One before {@code server}, whose fault comes after so many bytes to the client. */
  public FaultProxy(InetSocketAddress server, Fault fault, int afterBytes) throws IOException {
    this.server = server;
    this.fault = fault;
    this.afterBytes = afterBytes;
    this.listener = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    start(this::acceptAll);
  }

  private static Thread start(Runnable body) {
    return Thread.ofPlatform().daemon(true).name("fault-proxy").start(body);
  }

  /**
   * Has the JDK open the one descriptor that it keeps for closing sockets others wait on, so that no census finds it to
   * be one more.
   */
  public static void prepare() {
    try {
      ServerSocket waitedOn = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      Thread waiter = start(() -> {
        try {
          waitedOn.accept().close();
        } catch (IOException closed) {
          // As meant.
        }
      });
      Await.until("it waits", () -> {
        StackTraceElement[] stack = waiter.getStackTrace();
        return stack.length > 0 && stack[0].isNativeMethod();
      });
      waitedOn.close();
      Await.untilEnded(waiter);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where clients connect to. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  /** What it says that nobody said. */
  public static byte[] garbage() {
    byte[] bytes = new byte[GARBAGE_BYTES];
    Arrays.fill(bytes, (byte) 0xA5);
    return bytes;
  }

  private void acceptAll() {
    try {
      while (true) {
        Socket client = listener.accept();
        Socket peer = new Socket(server.getAddress(), server.getPort());
        open.add(client);
        open.add(peer);
        start(() -> pass(client, peer, Fault.NONE));
        start(() -> pass(peer, client, fault));
      }
    } catch (IOException closed) {
      // As it should.
    }
  }

  private void pass(Socket from, Socket to, Fault with) {
    byte[] bytes = new byte[with == Fault.BYTE_BY_BYTE ? 1 : 4096];
    int left = afterBytes;
    boolean done = with == Fault.NONE || with == Fault.DELAY || with == Fault.BYTE_BY_BYTE;
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      to.setTcpNoDelay(true);
      int most = done ? bytes.length : Math.min(left, bytes.length);
      for (int n = in.read(bytes, 0, most); n >= 0; n = in.read(bytes, 0, most)) {
        if (with == Fault.DELAY) {
          LockSupport.parkNanos(DELAY_NANOS);
        }
        out.write(bytes, 0, n);
        left -= n;
        if (!done && left == 0) {
          if (!goesOn(from, to)) {
            return;
          }
          done = true;
        }
        most = done ? bytes.length : Math.min(left, bytes.length);
      }
      to.shutdownOutput();
    } catch (IOException ended) {
      // One of the two has gone.
    }
  }

  /** What happens when the time has come; whether bytes are passed on after it. */
  private boolean goesOn(Socket from, Socket to) throws IOException {
    switch (fault) {
      case RESET -> {
        from.setSoLinger(true, 0);
        to.setSoLinger(true, 0);
        from.close();
        to.close();
      }
      case HALF_CLOSE -> to.shutdownOutput();
      case GARBAGE -> to.getOutputStream().write(garbage());
      default -> { }
    }
    return fault == Fault.GARBAGE;
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
