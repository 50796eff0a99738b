package io.loomring.interop;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loomring.net.UringServerSocketFactory;
import io.loomring.net.UringSocketFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.rmi.Remote;
import java.rmi.RemoteException;
import java.rmi.server.ExportException;
import java.rmi.server.RMIClientSocketFactory;
import java.rmi.server.RMIServerSocketFactory;
import java.rmi.server.UnicastRemoteObject;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** What a program does with the JDK's own TLS and remote calls, on both sides. */
final class JdkScenarios {
  static final char[] PASSWORD = "changeit".toCharArray();

  private JdkScenarios() {}

  private static SSLContext context(Scene scene) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(Path.of(scene.argument(0)))) {
      store.load(in, PASSWORD);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private static ServerSocketFactory serverSockets(Scene scene) {
    return scene.factoryName().isPresent() ? UringServerSocketFactory.getDefault() : ServerSocketFactory.getDefault();
  }

  private static ServerSocket listen(Scene scene) throws IOException {
    return serverSockets(scene).createServerSocket(0, 200, InetAddress.getLoopbackAddress());
  }

  /** The client's side of TLS, over a plain socket. */
  private static SSLSocket client(Scene scene, SSLContext context, ServerSocket server) throws IOException {
    Socket plain = scene.sockets().createSocket(server.getInetAddress(), server.getLocalPort());
    return (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", server.getLocalPort(), true);
  }

  /** The server's side, the same way. */
  private static SSLSocket accepted(SSLContext context, ServerSocket server) throws IOException {
    return (SSLSocket) context.getSocketFactory().createSocket(server.accept(), (InputStream) null, true);
  }

  static void tlsEcho(Scene scene) throws Exception {
    SSLContext context = context(scene);
    byte[] bytes = Bytes.random(5, 8 << 20);
    try (ServerSocket server = listen(scene)) {
      Scene.Running<String> answering = scene.start(() -> {
        try (SSLSocket socket = accepted(context, server)) {
          socket.getInputStream().transferTo(socket.getOutputStream());
          return socket.getSession().getProtocol();
        }
      });
      try (SSLSocket socket = client(scene, context, server)) {
        Scene.Running<Boolean> reading =
            scene.start(() -> Arrays.equals(bytes, socket.getInputStream().readAllBytes()));
        socket.getOutputStream().write(bytes);
        socket.shutdownOutput();
        scene.note("came back", reading.answer());
      }
      scene.note("protocol", answering.answer());
    }
  }

  static void tlsThreads(Scene scene) throws Exception {
    SSLContext context = context(scene);
    int count = 50;
    byte[] bytes = Bytes.random(6, 100_000);
    try (ServerSocket server = listen(scene)) {
      Scene.Running<Integer> accepting = scene.start(() -> {
        for (int i = 0; i < count; i++) {
          Socket socket = server.accept();
          scene.start(() -> {
            try (Socket tls = context.getSocketFactory().createSocket(socket, (InputStream) null, true)) {
              tls.getOutputStream().write(tls.getInputStream().readNBytes(bytes.length));
              return tls.getInputStream().read();
            }
          });
        }
        return count;
      });
      List<Boolean> right = scene.inThreads(count, number -> {
        try (SSLSocket socket = client(scene, context, server)) {
          socket.getOutputStream().write(bytes);
          return Arrays.equals(bytes, socket.getInputStream().readNBytes(bytes.length));
        }
      });
      scene.note("accepted", accepting.answer());
      scene.note("came back", Set.copyOf(right));
    }
  }

  /** A record that comes in pieces, with timeouts in between, and sockets that are closed and cut off meanwhile. */
  static void tlsEnds(Scene scene) throws Exception {
    SSLContext context = context(scene);
    try (ServerSocket server = listen(scene)) {
      Scene.Running<SSLSocket> accepting = scene.start(() -> {
        SSLSocket socket = accepted(context, server);
        socket.startHandshake();
        return socket;
      });
      SSLSocket socket = client(scene, context, server);
      socket.startHandshake();
      SSLSocket peer = accepting.answer();
      InputStream in = socket.getInputStream();
      for (int i = 0; i < 3; i++) {
        socket.setSoTimeout(50);
        scene.note("nothing", Scene.failureOf(in::read));
        peer.getOutputStream().write(i);
        socket.setSoTimeout(0);
        scene.note("then", in.read());
      }
      Scene.Running<Integer> reading = scene.start(in::read);
      reading.awaitBlockedOnSocket();
      peer.shutdownOutput();
      scene.note("end", reading.answer());
      socket.getOutputStream().write(7);
      scene.note("the other direction", peer.getInputStream().read());
      Scene.Running<Integer> closed = scene.start(peer.getInputStream()::read);
      closed.awaitBlockedOnSocket();
      peer.close();
      // The JDK's TLS shuts its input down before it closes the socket, so that it is a race which of them is seen.
      scene.note("closed while it reads", ended(closed));
      socket.close();
    }
  }

  private static String ended(Scene.Running<Integer> reading) throws Exception {
    try {
      int answer = reading.answer();
      return answer == -1 ? "it ended" : "it answered " + answer;
    } catch (SocketException e) {
      return e.getMessage().equals("Socket closed") ? "it ended" : Scene.describe(e);
    }
  }

  /** What is called. */
  public interface Asked extends Remote {
    byte[] ask(byte[] question) throws RemoteException;
  }

  /** Our sockets for remote calls. */
  static final class OurSockets implements RMIClientSocketFactory, RMIServerSocketFactory, Serializable {
    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return UringSocketFactory.getDefault().createSocket(host, port);
    }

    @Override
    public ServerSocket createServerSocket(int port) throws IOException {
      return UringServerSocketFactory.getDefault().createServerSocket(port);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof OurSockets;
    }

    @Override
    public int hashCode() {
      return 1;
    }
  }

  static void remoteCalls(Scene scene) throws Exception {
    Asked remote = question -> {
      if (question.length == 0) {
        throw new IllegalArgumentException("nothing was asked");
      }
      byte[] answer = question.clone();
      answer[0]++;
      return answer;
    };
    Asked stub = exported(scene, remote);
    try {
      List<Boolean> right = scene.inThreads(100, number -> {
        byte[] question = Bytes.random(number, 50_000);
        for (int i = 0; i < 5; i++) {
          byte[] answer = stub.ask(question);
          question[0]++;
          if (!Arrays.equals(question, answer)) {
            return false;
          }
        }
        return true;
      });
      scene.note("answers", right.size() + " " + Set.copyOf(right));
      scene.note("a wrong question", Scene.failureOf(() -> stub.ask(new byte[0])));
    } finally {
      UnicastRemoteObject.unexportObject(remote, true);
    }
    // Which one depends on whether a connection was kept.
    assertThrows(RemoteException.class, () -> stub.ask(new byte[1]));
  }

  private static Asked exported(Scene scene, Asked remote) throws IOException {
    OurSockets ours = new OurSockets();
    for (int attempt = 1; ; attempt++) {
      // Not port 0: the JDK never closes a listener on a port of the system's choice.
      int port = ServerProcess.pickPort();
      try {
        return (Asked) (scene.factoryName().isPresent()
            ? UnicastRemoteObject.exportObject(remote, port, ours, ours)
            : UnicastRemoteObject.exportObject(remote, port));
      } catch (ExportException failed) {
        if (!(failed.getCause() instanceof BindException) || attempt == ServerProcess.MAX_ATTEMPTS) {
          throw failed;
        }
      }
    }
  }
}
