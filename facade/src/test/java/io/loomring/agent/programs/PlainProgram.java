package io.loomring.agent.programs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A round trip over {@code java.net}, which nothing of the library is known to. */
public final class PlainProgram {
  private PlainProgram() {}

  public static void main(String[] args) throws Exception {
    Thread client = Thread.currentThread();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answer(server, client));
      try (Socket socket = new Socket(server.getInetAddress(), server.getLocalPort())) {
        System.out.println(new String(socket.getInputStream().readAllBytes(), "US-ASCII"));
      }
    }
  }

  private static void answer(ServerSocket server, Thread client) {
    try (Socket socket = server.accept()) {
      socket.getOutputStream().write(("plain sockets are " + Whose.socketOf(client)).getBytes("US-ASCII"));
    } catch (IOException e) {
      e.printStackTrace();
    }
  }
}
