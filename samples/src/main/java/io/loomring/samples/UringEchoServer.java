package io.loomring.samples;

import java.io.IOException;
import io.loomring.net.UringServerSocket;
import io.loomring.net.UringSocket;

/** The echo server of every textbook, on a virtual thread for each connection. Its argument is the port. */
public final class UringEchoServer {
  private UringEchoServer() {}

  public static void main(String[] args) throws IOException {
    try (UringServerSocket server = new UringServerSocket(Integer.parseInt(args[0]))) {
      System.out.println("listening on port " + server.getLocalPort());
      while (true) {
        UringSocket socket = server.accept();
        Thread.startVirtualThread(() -> echo(socket));
      }
    }
  }

  private static void echo(UringSocket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      System.err.println("connection lost: " + e.getMessage());
    }
  }
}
