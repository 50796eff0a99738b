package io.loomring.samples;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;

/** The echo server of every textbook, on a virtual thread for each connection. Its argument is the port. */
public final class PlainEchoServer {
  private PlainEchoServer() {}

  public static void main(String[] args) throws IOException {
    try (ServerSocket server = new ServerSocket(Integer.parseInt(args[0]))) {
      System.out.println("listening on port " + server.getLocalPort());
      while (true) {
        Socket socket = server.accept();
        Thread.startVirtualThread(() -> echo(socket));
      }
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      System.err.println("connection lost: " + e.getMessage());
    }
  }
}
