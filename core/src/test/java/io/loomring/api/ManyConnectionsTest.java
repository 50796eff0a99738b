package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.fd.Descriptor;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.Seed;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two thousand connections at once, with one carrier and with two. */
class ManyConnectionsTest {
  private static final int CONNECTIONS = 2_000;
  private static final int ROUNDS = 5;
  private static final int BYTES = 300;

  static final class Main {
    public static void main(String[] args) throws Exception {
      long seed = Long.parseLong(args[0]);
      int descriptors = Descriptors.census();
      Uring uring = TestDriver.open(TestDriver.config("many"));
      Descriptor listener = Connections.listener(uring);
      InetSocketAddress address = Connections.address(listener);
      Caller server = Caller.virtual(() -> serve(uring, listener));
      CountDownLatch allConnected = new CountDownLatch(CONNECTIONS);
      List<Caller> clients = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        RandomGenerator random = Seed.of(seed + i);
        clients.add(Caller.virtual(() -> {
          try (Descriptor socket = Connections.connected(uring, address)) {
            allConnected.countDown();
            allConnected.await();
            return exchange(uring, socket, random);
          }
        }));
      }
      long bytes = 0;
      for (Caller client : clients) {
        bytes += (int) client.value();
      }
      assertEquals((long) CONNECTIONS * ROUNDS * BYTES, bytes);
      server.value();
      listener.close();
      UringTest.awaitNothingLeft(uring);
      System.out.println(uring.stats());
      uring.close();
      Descriptors.awaitCensus(descriptors);
    }

    private static Object serve(Uring uring, Descriptor listener) throws IOException {
      for (int i = 0; i < CONNECTIONS; i++) {
        Descriptor socket = uring.accept(listener);
        TestDriver.startVirtual(() -> echo(uring, socket));
      }
      return null;
    }

    private static void echo(Uring uring, Descriptor socket) {
      try (socket) {
        byte[] bytes = new byte[1000];
        for (int n = uring.recv(socket, bytes, 0, 1000); n >= 0; n = uring.recv(socket, bytes, 0, 1000)) {
          uring.send(socket, bytes, 0, n);
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    private static int exchange(Uring uring, Descriptor socket, RandomGenerator random) throws IOException {
      byte[] sent = new byte[BYTES];
      byte[] back = new byte[BYTES];
      int good = 0;
      for (int round = 0; round < ROUNDS; round++) {
        random.nextBytes(sent);
        uring.send(socket, sent, 0, BYTES);
        int done = 0;
        while (done < BYTES) {
          int n = uring.recv(socket, back, done, BYTES - done);
          if (n < 0) {
            throw new AssertionError("the end after " + done + " bytes");
          }
          done += n;
        }
        if (!Arrays.equals(sent, back)) {
          throw new AssertionError("other bytes came back than went out");
        }
        good += done;
      }
      return good;
    }
  }

  @ParameterizedTest(name = "with {0} carriers")
  @ValueSource(ints = {1, 2})
  void allEchoTheirOwnBytesAndNothingIsLeft(int carriers) {
    ChildJvm.of(Main.class, Long.toString(Seed.announced("many connections")))
        .options("-Djdk.virtualThreadScheduler.parallelism=" + carriers)
        .run()
        .succeeded();
  }
}
