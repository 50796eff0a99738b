package io.loomring.agent.programs;

import com.sun.net.httpserver.HttpServer;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

/** A {@link HttpURLConnection} to the JDK's server, which is on channels. */
public final class HttpProgram {
  private HttpProgram() {}

  public static void main(String[] args) throws Exception {
    Thread client = Thread.currentThread();
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> {
      byte[] posted = exchange.getRequestBody().readAllBytes();
      byte[] answer =
          (posted.length + " bytes came from a socket that is " + Whose.socketOf(client)).getBytes("US-ASCII");
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
      exchange.close();
    });
    server.start();
    try {
      for (int i = 0; i < 2; i++) {
        String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
        HttpURLConnection connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
        connection.setDoOutput(true);
        connection.getOutputStream().write(new byte[100_000]);
        System.out.println(
            connection.getResponseCode() + " " + new String(connection.getInputStream().readAllBytes(), "US-ASCII"));
      }
    } finally {
      server.stop(0);
    }
  }
}
