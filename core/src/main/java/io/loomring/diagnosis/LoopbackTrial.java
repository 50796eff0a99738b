package io.loomring.diagnosis;

import io.loomring.api.CallOptions;
import io.loomring.api.Uring;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Bytes that go over a connection on loopback and come back, both of its ends on virtual threads of one {@link Uring}. */
final class LoopbackTrial {
  static final int ECHOES = 100;
  private static final int BYTES = 64;
  private static final int SECONDS = 5;
  private static final CallOptions LIMITED = CallOptions.timeout(Duration.ofSeconds(SECONDS));

  private final Uring uring;

  LoopbackTrial(Uring uring) {
    this.uring = uring;
  }

  /** Answers how long the fastest echo took, in nanoseconds: most of the others warm the JVM up. Ends within half a minute in any case. */
  long run() throws IOException {
    Descriptor listener = uring.tcpSocket();
    try {
      uring.bind(listener, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      uring.listen(listener, 1);
      InetSocketAddress address = SocketCalls.localAddress(listener);
      if (address == null) {
        throw new IOException("a bound socket has no address");
      }
      CompletableFuture<Integer> server = started(() -> serve(listener));
      long nanos = answer(started(() -> call(address)));
      int echoed = answer(server);
      if (echoed != ECHOES * BYTES) {
        throw new IOException(echoed + " bytes came back in place of " + ECHOES * BYTES);
      }
      return nanos;
    } finally {
      listener.close();
    }
  }

  private interface Part<T> {
    T run() throws IOException;
  }

  private <T> CompletableFuture<T> started(Part<T> part) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    uring.threadFactory().newThread(() -> {
      try {
        answer.complete(part.run());
      } catch (Throwable failed) {
        answer.completeExceptionally(failed);
      }
    }).start();
    return answer;
  }

  private static <T> T answer(CompletableFuture<T> future) throws IOException {
    try {
      return future.get(2 * SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw new IOException(String.valueOf(failed.getCause()), failed.getCause());
    } catch (TimeoutException late) {
      throw new IOException("no end within " + 2 * SECONDS + " s", late);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    }
  }

  /** Sends back whatever comes, to the end of the stream; answers how many bytes. */
  private int serve(Descriptor listener) throws IOException {
    Descriptor accepted = uring.accept(listener, LIMITED);
    try {
      int bytes = 0;
      byte[] buffer = new byte[BYTES];
      for (int n = receive(accepted, buffer, 0); n >= 0; n = receive(accepted, buffer, 0)) {
        uring.send(accepted, buffer, 0, n);
        bytes += n;
      }
      return bytes;
    } finally {
      accepted.close();
    }
  }

  private int receive(Descriptor socket, byte[] into, int offset) throws IOException {
    return uring.recv(socket, MemorySegment.ofArray(into).asSlice(offset), LIMITED);
  }

  private long call(InetSocketAddress address) throws IOException {
    Descriptor socket = uring.tcpSocket();
    try {
      uring.connect(socket, address, LIMITED);
      byte[] sent = new byte[BYTES];
      byte[] received = new byte[BYTES];
      long fastest = Long.MAX_VALUE;
      for (int i = 0; i < ECHOES; i++) {
        long begin = System.nanoTime();
        Arrays.fill(sent, (byte) i);
        uring.send(socket, sent, 0, BYTES);
        for (int at = 0; at < BYTES; ) {
          int n = receive(socket, received, at);
          if (n < 0) {
            throw new IOException("the connection ended after " + i + " echoes");
          }
          at += n;
        }
        fastest = Math.min(fastest, System.nanoTime() - begin);
        if (!Arrays.equals(sent, received)) {
          throw new IOException("echo " + i + " brought other bytes back than were sent");
        }
      }
      uring.shutdown(socket, Constants.SHUT_WR);
      return fastest;
    } finally {
      socket.close();
    }
  }
}
