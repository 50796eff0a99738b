package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;

/** Whose sockets a scenario runs on: the JDK's, which say what is right, or ours. */
enum Subject {
  JDK {
    @Override
    Socket socket() {
      return new Socket();
    }

    @Override
    ServerSocket serverSocket() throws IOException {
      return new ServerSocket();
    }

    @Override
    void awaitBlocked(Thread thread, OperationKind in) {
      awaitBlockedInJdk(thread);
    }
  },

  URING {
    @Override
    Socket socket() throws IOException {
      return new UringSocket();
    }

    @Override
    ServerSocket serverSocket() throws IOException {
      return new UringServerSocket();
    }

    @Override
    void awaitBlocked(Thread thread, OperationKind in) {
      awaitBlockedOnRing(thread, in);
    }
  },

  /** Our classes, in a JVM with the transport jdk. */
  URING_ON_JDK {
    @Override
    Socket socket() throws IOException {
      return new UringSocket();
    }

    @Override
    ServerSocket serverSocket() throws IOException {
      return new UringServerSocket();
    }

    @Override
    void awaitBlocked(Thread thread, OperationKind in) {
      awaitBlockedInJdk(thread);
    }
  },

  /** Plain sockets, in a JVM in which our factories have been set. */
  PLAIN_ON_URING {
    @Override
    Socket socket() {
      return new Socket();
    }

    @Override
    ServerSocket serverSocket() throws IOException {
      return new ServerSocket();
    }

    @Override
    void awaitBlocked(Thread thread, OperationKind in) {
      awaitBlockedOnRing(thread, in);
    }
  };

  abstract Socket socket() throws IOException;

  abstract ServerSocket serverSocket() throws IOException;

  /** A datagram socket, bound to {@code local} or, where that is null, to nothing; no factory makes ours. */
  DatagramSocket datagramSocket(SocketAddress local) throws IOException {
    return this == JDK ? new DatagramSocket(local) : new UringDatagramSocket(local);
  }

  /** Waits until {@code thread} is blocked in such a call on a socket of this subject. */
  abstract void awaitBlocked(Thread thread, OperationKind in);

  private static void awaitBlockedInJdk(Thread thread) {
    if (thread.isVirtual()) {
      Await.untilParked(thread);
      return;
    }
    int[] seen = new int[1];
    Await.until(thread + " does not wait in a system call", () -> {
      seen[0] = isInSystemCall(thread) ? seen[0] + 1 : 0;
      return seen[0] == 5;
    });
  }

  private static void awaitBlockedOnRing(Thread thread, OperationKind in) {
    Await.until(() -> "no " + in + " is in flight: " + Uring.getDefault().stats(),
        () -> Uring.getDefault().inFlight(in) > 0);
    Await.untilParked(thread);
  }

  private static boolean isInSystemCall(Thread thread) {
    StackTraceElement[] stack = thread.getStackTrace();
    return stack.length > 0 && stack[0].isNativeMethod() && stack[0].getClassName().startsWith("sun.nio.ch.");
  }
}
