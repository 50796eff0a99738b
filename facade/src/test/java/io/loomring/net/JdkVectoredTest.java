package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.testkit.Caller;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Seed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The same on the JDK's sockets. Without a census of descriptors: the JDK opens some of its own, and keeps them. */
@RunsOnce(RunsOnce.NO_DRIVER)
class JdkVectoredTest {
  @Test
  void aSocketOfTheJdkGathersAndScatters() throws IOException {
    RandomGenerator random = Seed.random("jdk");
    byte[] sent = VectoredTest.bytes(random, 300_000);
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      JdkSocketImpl near = new JdkSocketImpl(null);
      near.create(true);
      near.connect(server.getLocalSocketAddress(), 0);
      try (Socket far = server.accept()) {
        ByteBuffer[] pieces = VectoredTest.cut(sent, random, 50, 20_000);
        Caller writer = Caller.virtual(() -> {
          near.write(pieces, 0, pieces.length);
          return "written";
        });
        Caller reader = Caller.virtual(() -> far.getInputStream().readNBytes(sent.length));
        assertArrayEquals(sent, (byte[]) reader.value());
        far.getOutputStream().write(new byte[] {1, 2, 3});
        ByteBuffer[] into = {ByteBuffer.allocate(2), ByteBuffer.allocate(2)};
        long count = 0;
        while (count < 3) {
          count += near.read(into, 0, 2);
        }
        assertEquals(3, into[1].get(0));
        near.close();
        assertEquals("written", writer.value());
      }
    }
  }
}
