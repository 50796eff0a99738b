package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.fd.Descriptor;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.Seed;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Descriptor numbers are used again at once, by connections that come and go while operations are in flight; each
 * connection has bytes of its own, and none ever sees another's (K-11, K-14).
 */
class ChurnTest {
  private static final int ROUNDS = 2_000;
  private static final int LONG_ROUNDS = 100_000;

  /** What one connection says: its number first, then a sequence that nobody else has. */
  private static final class Pattern {
    private static final int HEADER_BYTES = 8;

    static byte at(long connection, long offset) {
      long mixed = (connection * 0x9E3779B97F4A7C15L) ^ (offset * 0xC2B2AE3D27D4EB4FL);
      mixed ^= mixed >>> 29;
      return (byte) (mixed * 0xBF58476D1CE4E5B9L >>> 56);
    }
  }

  static final class Main {
    private static final int FEW = 4;
    private static final int MANY = 40;
    private static final int BACKLOG = 4096;

    private final Uring uring = TestDriver.open(TestDriver.config("churn"));
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicLong bytesSeen = new AtomicLong();
    private final AtomicLong connections = new AtomicLong();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicInteger full = new AtomicInteger();
    private final AtomicInteger live = new AtomicInteger();
    private volatile String wrong;

    public static void main(String[] args) throws Exception {
      new Main().run(Integer.parseInt(args[0]), Long.parseLong(args[1]));
      System.exit(0);
    }

    private void run(int rounds, long seed) throws Exception {
      // What an exception takes is loaded while there are descriptors for it.
      Caller.virtual(() -> uring.socket(99, 99, 99)).thrown(IOException.class);
      int sockets = Descriptors.sockets();
      // Room for all: what has been closed by its client stays in the backlog until it is accepted, which takes a
      // descriptor; connects that waited for room, each with a descriptor of its own, would never let one be free.
      Descriptor listener = Connections.listener(uring, BACKLOG);
      InetSocketAddress address = Connections.address(listener);
      Caller acceptor = Caller.virtual(() -> acceptAll(listener));
      // First a few, so that every class is loaded while there are descriptors to load it from.
      work(FEW, rounds / 10, address, ~seed);
      work(MANY, rounds, address, seed);
      listener.close();
      acceptor.value();
      Await.until(() -> live + " servers are left: " + uring.stats(), () -> live.get() == 0);
      if (wrong != null) {
        throw new AssertionError(wrong);
      }
      UringTest.awaitNothingLeft(uring);
      Descriptors.awaitSockets(sockets);
      System.out.println("connections " + connections + ", bytes " + bytesSeen + ", no descriptor left " + full
          + " times, " + uring.stats());
      assertTrue(connections.get() >= rounds, "connections");
      assertTrue(full.get() > 0, "the limit was never met");
      assertTrue(bytesSeen.get() > 0, "bytes");
      uring.close();
    }

    private void work(int threads, int rounds, InetSocketAddress address, long seed) throws InterruptedException {
      AtomicInteger left = new AtomicInteger(rounds);
      List<Caller> workers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        RandomGenerator random = Seed.of(seed + i);
        workers.add(Caller.virtual(() -> {
          while (left.get() > 0 && wrong == null) {
            if (connection(address, random)) {
              left.decrementAndGet();
            }
            while (threads < MANY && live.get() > threads || connections.get() - accepted.get() > BACKLOG / 2) {
              LockSupport.parkNanos(100_000);
            }
          }
          return null;
        }));
      }
      for (Caller worker : workers) {
        worker.thread().join();
        worker.value();
      }
    }

    /**
     * Says what belongs to the connection, checks what comes back, and has it closed at any moment by another.
     *
     * @return whether there was a descriptor for it
     */
    private boolean connection(InetSocketAddress address, RandomGenerator random) {
      long number = numbers.incrementAndGet();
      Descriptor socket;
      try {
        socket = Connections.connected(uring, address);
      } catch (IOException noDescriptor) {
        full.incrementAndGet();
        LockSupport.parkNanos(random.nextInt(2_000_000));
        return false;
      }
      connections.incrementAndGet();
      Caller reader = Caller.virtual(() -> check(socket, -number, 0));
      Caller closer = Caller.virtual(() -> {
        LockSupport.parkNanos(random.nextInt(1_000_000));
        socket.close();
        return null;
      });
      try {
        uring.send(socket, ByteBuffer.allocate(Pattern.HEADER_BYTES).putLong(0, number).array(), 0, 8);
        say(socket, number, random.nextInt(20_000));
      } catch (IOException closed) {
        // As it should.
      }
      reader.value();
      closer.value();
      return true;
    }

    private void say(Descriptor socket, long pattern, int bytes) throws IOException {
      byte[] chunk = new byte[700];
      for (int done = 0; done < bytes; done += chunk.length) {
        for (int i = 0; i < chunk.length; i++) {
          chunk[i] = Pattern.at(pattern, done + i);
        }
        uring.send(socket, chunk, 0, chunk.length);
      }
    }

    /** Reads to the end, whatever it is; a byte that is not the connection's is remembered. */
    private Object check(Descriptor socket, long pattern, long from) {
      byte[] bytes = new byte[1000];
      long offset = from;
      try {
        for (int n = uring.recv(socket, bytes, 0, 1000); n >= 0; n = uring.recv(socket, bytes, 0, 1000)) {
          for (int i = 0; i < n; i++) {
            if (bytes[i] != Pattern.at(pattern, offset++)) {
              wrong = "byte " + (offset - 1) + " of pattern " + pattern + " is another's";
            }
          }
          bytesSeen.addAndGet(n);
        }
      } catch (IOException ended) {
        // Closed, or reset: so it ends.
      }
      return null;
    }

    private Object acceptAll(Descriptor listener) {
      while (listener.isOpen()) {
        try {
          Descriptor socket = uring.accept(listener);
          accepted.incrementAndGet();
          live.incrementAndGet();
          TestDriver.startVirtual(() -> serve(socket));
        } catch (IOException closedOrFull) {
          // A full table answers at once (K-23).
          full.incrementAndGet();
          LockSupport.parkNanos(500_000);
        }
      }
      return null;
    }

    private void serve(Descriptor socket) {
      try (socket) {
        ByteBuffer header = ByteBuffer.allocate(Pattern.HEADER_BYTES);
        while (header.hasRemaining()) {
          if (uring.recv(socket, header, CallOptions.NONE) < 0) {
            return;
          }
        }
        long number = header.getLong(0);
        Caller reader = Caller.virtual(() -> check(socket, number, 0));
        try {
          say(socket, -number, 3000);
        } finally {
          reader.value();
        }
      } catch (IOException ended) {
        // The client has gone.
      } finally {
        live.decrementAndGet();
      }
    }
  }

  private static String churn(int rounds) {
    long seed = Seed.announced("churn");
    return ChildJvm.of(Main.class, Integer.toString(rounds), Long.toString(seed))
        .wrappedBy(command -> {
          List<String> limited = new ArrayList<>(List.of("prlimit", "--nofile=64:64"));
          limited.addAll(command);
          return limited;
        })
        .limit(Duration.ofMinutes(rounds == ROUNDS ? 1 : 20))
        .run()
        .succeeded();
  }

  @Test
  void noConnectionEverSeesAnothersBytes() {
    churn(ROUNDS);
  }

  @Tag("long")
  @Test
  void noConnectionEverSeesAnothersBytesForLong() {
    churn(LONG_ROUNDS);
  }
}
