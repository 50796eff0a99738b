package io.loomring.agent.programs;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** JSSE on both sides: a socket of its own, and one layered over a plain socket. Its argument is a key store. */
public final class TlsProgram {
  static final char[] PASSWORD = "changeit".toCharArray();

  private TlsProgram() {}

  public static void main(String[] args) throws Exception {
    SSLContext context = context(Path.of(args[0]));
    Thread client = Thread.currentThread();
    try (ServerSocket server =
        context.getServerSocketFactory().createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answer(server, client));
      int port = server.getLocalPort();
      try (Socket own = context.getSocketFactory().createSocket(server.getInetAddress(), port)) {
        System.out.println("its own: " + asked(own));
      }
      try (Socket plain = new Socket(server.getInetAddress(), port);
          Socket layered = context.getSocketFactory().createSocket(plain, "localhost", port, true)) {
        System.out.println("layered: " + asked(layered));
      }
    }
  }

  /** A context whose key, and whom it trusts, are in the store. */
  static SSLContext context(Path file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
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

  private static String asked(Socket socket) throws IOException {
    new DataOutputStream(socket.getOutputStream()).writeUTF("x".repeat(20_000));
    String answer = new DataInputStream(socket.getInputStream()).readUTF();
    return ((SSLSocket) socket).getSession().getProtocol() + ", " + answer;
  }

  private static void answer(ServerSocket server, Thread client) {
    for (int i = 0; i < 2; i++) {
      try (Socket socket = server.accept()) {
        int length = new DataInputStream(socket.getInputStream()).readUTF().length();
        new DataOutputStream(socket.getOutputStream()).writeUTF(length + " came, from " + Whose.socketOf(client));
      } catch (IOException e) {
        e.printStackTrace();
      }
    }
  }
}
