package io.loomring.agent.programs;

import io.loomring.net.UringServerSocket;
import io.loomring.net.UringSocket;
import io.loomring.net.UringSocketImplFactory;
import java.net.InetAddress;

/** A program with the library on its class path, which asks for what the agent has done already. */
public final class OwnLoomringProgram {
  private OwnLoomringProgram() {}

  public static void main(String[] args) throws Exception {
    System.out.println(UringSocketImplFactory.install());
    PlainProgram.main(args);
    try (UringServerSocket server = new UringServerSocket(0, 1, InetAddress.getLoopbackAddress());
        UringSocket client = new UringSocket(server.getInetAddress(), server.getLocalPort());
        UringSocket accepted = server.accept()) {
      client.write(new byte[] {42});
      System.out.println(accepted.getInputStream().read());
    }
  }
}
