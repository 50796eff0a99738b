package io.loomring.agent.programs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Servers for other programs to talk to. Its arguments: {@code echo}, {@code web} or {@code tls}, and a key store. */
public final class ServerProgram {
  private ServerProgram() {}

  public static void main(String[] args) throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket server = args[0].equals("tls")
        ? TlsProgram.context(Path.of(args[1])).getServerSocketFactory().createServerSocket(0, 50, loopback)
        : new ServerSocket(0, 50, loopback)) {
      System.out.println("listening on port " + server.getLocalPort());
      while (true) {
        Socket socket = server.accept();
        Thread.startVirtualThread(() -> serve(socket, args[0].equals("web")));
      }
    }
  }

  private static void serve(Socket socket, boolean web) {
    try (socket) {
      if (web) {
        answer(socket);
      } else {
        socket.getInputStream().transferTo(socket.getOutputStream());
      }
    } catch (IOException e) {
      System.err.println("connection lost: " + e);
    }
  }

  private static void answer(Socket socket) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    String request = in.readLine();
    for (String header = in.readLine(); header != null && !header.isEmpty(); header = in.readLine()) {
      // Not looked at.
    }
    byte[] body = (request + "\n").repeat(10_000).getBytes(StandardCharsets.US_ASCII);
    socket.getOutputStream().write(("HTTP/1.1 200 OK\r\nContent-Length: " + body.length
        + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(body);
  }
}
