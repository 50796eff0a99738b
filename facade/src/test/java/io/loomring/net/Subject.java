package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;

/** Whose sockets a scenario runs on: the JDK's, which say what is right, or ours. */
enum Subject {
  JDK(Makers.PLAIN, false),

  URING(Makers.OURS, true),

  /** Our classes, in a JVM with the transport jdk. */
  URING_ON_JDK(Makers.OURS, false),

  /** Plain sockets, in a JVM in which our factories have been set. */
  PLAIN_ON_URING(Makers.PLAIN, true);

  /** Every constructor of the classes of {@code java.net}, or of those that stand in for them. */
  interface Makers {
    Makers PLAIN = new Makers() {
      @Override
      public Socket socket() {
        return new Socket();
      }

      @Override
      public Socket socket(Proxy proxy) {
        return new Socket(proxy);
      }

      @Override
      public Socket socket(String host, int port) throws IOException {
        return new Socket(host, port);
      }

      @Override
      public Socket socket(InetAddress address, int port) throws IOException {
        return new Socket(address, port);
      }

      @Override
      public Socket socket(String host, int port, InetAddress local, int localPort) throws IOException {
        return new Socket(host, port, local, localPort);
      }

      @Override
      public Socket socket(InetAddress address, int port, InetAddress local, int localPort) throws IOException {
        return new Socket(address, port, local, localPort);
      }

      @Override
      public ServerSocket server() throws IOException {
        return new ServerSocket();
      }

      @Override
      public ServerSocket server(int port) throws IOException {
        return new ServerSocket(port);
      }

      @Override
      public ServerSocket server(int port, int backlog) throws IOException {
        return new ServerSocket(port, backlog);
      }

      @Override
      public ServerSocket server(int port, int backlog, InetAddress address) throws IOException {
        return new ServerSocket(port, backlog, address);
      }

      @Override
      public DatagramSocket datagrams() throws IOException {
        return new DatagramSocket();
      }

      @Override
      public DatagramSocket datagrams(int port) throws IOException {
        return new DatagramSocket(port);
      }

      @Override
      public DatagramSocket datagrams(int port, InetAddress address) throws IOException {
        return new DatagramSocket(port, address);
      }

      @Override
      public DatagramSocket datagrams(SocketAddress local) throws IOException {
        return new DatagramSocket(local);
      }
    };

    Makers OURS = new Makers() {
      @Override
      public Socket socket() throws IOException {
        return new UringSocket();
      }

      @Override
      public Socket socket(Proxy proxy) throws IOException {
        return new UringSocket(proxy);
      }

      @Override
      public Socket socket(String host, int port) throws IOException {
        return new UringSocket(host, port);
      }

      @Override
      public Socket socket(InetAddress address, int port) throws IOException {
        return new UringSocket(address, port);
      }

      @Override
      public Socket socket(String host, int port, InetAddress local, int localPort) throws IOException {
        return new UringSocket(host, port, local, localPort);
      }

      @Override
      public Socket socket(InetAddress address, int port, InetAddress local, int localPort) throws IOException {
        return new UringSocket(address, port, local, localPort);
      }

      @Override
      public ServerSocket server() throws IOException {
        return new UringServerSocket();
      }

      @Override
      public ServerSocket server(int port) throws IOException {
        return new UringServerSocket(port);
      }

      @Override
      public ServerSocket server(int port, int backlog) throws IOException {
        return new UringServerSocket(port, backlog);
      }

      @Override
      public ServerSocket server(int port, int backlog, InetAddress address) throws IOException {
        return new UringServerSocket(port, backlog, address);
      }

      @Override
      public DatagramSocket datagrams() throws IOException {
        return new UringDatagramSocket();
      }

      @Override
      public DatagramSocket datagrams(int port) throws IOException {
        return new UringDatagramSocket(port);
      }

      @Override
      public DatagramSocket datagrams(int port, InetAddress address) throws IOException {
        return new UringDatagramSocket(port, address);
      }

      @Override
      public DatagramSocket datagrams(SocketAddress local) throws IOException {
        return new UringDatagramSocket(local);
      }
    };

    Socket socket() throws IOException;

    Socket socket(Proxy proxy) throws IOException;

    Socket socket(String host, int port) throws IOException;

    Socket socket(InetAddress address, int port) throws IOException;

    Socket socket(String host, int port, InetAddress local, int localPort) throws IOException;

    Socket socket(InetAddress address, int port, InetAddress local, int localPort) throws IOException;

    ServerSocket server() throws IOException;

    ServerSocket server(int port) throws IOException;

    ServerSocket server(int port, int backlog) throws IOException;

    ServerSocket server(int port, int backlog, InetAddress address) throws IOException;

    DatagramSocket datagrams() throws IOException;

    DatagramSocket datagrams(int port) throws IOException;

    DatagramSocket datagrams(int port, InetAddress address) throws IOException;

    DatagramSocket datagrams(SocketAddress local) throws IOException;
  }

  private final Makers makers;
  private final boolean onRing;

  Subject(Makers makers, boolean onRing) {
    this.makers = makers;
    this.onRing = onRing;
  }

  /** How its stream sockets are made. */
  Makers streams() {
    return makers;
  }

  /** How its datagram sockets are made: no factory makes ours. */
  Makers datagrams() {
    return this == JDK ? Makers.PLAIN : Makers.OURS;
  }

  /** Waits until {@code thread} is blocked in such a call on a socket of this subject. */
  void awaitBlocked(Thread thread, OperationKind in) {
    if (onRing) {
      awaitBlockedOnRing(thread, in);
    } else {
      awaitBlockedInJdk(thread);
    }
  }

  private static void awaitBlockedInJdk(Thread thread) {
    if (thread.isVirtual()) {
      Await.untilParked(thread);
      return;
    }
    int[] seen = new int[1];
    Await.until(thread + " does not wait in a system call", () -> {
      StackTraceElement[] stack = thread.getStackTrace();
      seen[0] = isInSystemCall(stack) ? seen[0] + 1 : 0;
      return seen[0] == 5 || isInPoll(stack);
    });
  }

  /** Whether a thread is in what only waits: seen once is enough, while others may be gone by the next time. */
  private static boolean isInPoll(StackTraceElement[] stack) {
    return isInSystemCall(stack) && stack[0].getMethodName().equals("poll");
  }

  private static void awaitBlockedOnRing(Thread thread, OperationKind in) {
    Await.until(() -> "no " + in + " is in flight: " + Uring.getDefault().stats(),
        () -> Uring.getDefault().inFlight(in) > 0);
    Await.untilParked(thread);
  }

  private static boolean isInSystemCall(StackTraceElement[] stack) {
    return stack.length > 0 && stack[0].isNativeMethod() && stack[0].getClassName().startsWith("sun.nio.ch.");
  }
}
