package io.loomring.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Seed;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the page on request tables shows: a thousand callers over one connection, and replies in any order. */
class RequestTableGuideTest extends UringTest {
  private static final int CALLERS = 1_000;
  private static final int LONG_CALLERS = 50_000;
  private static final int AT_ONCE_MAX = 256;
  /** Replies that the server keeps to shuffle them. */
  private static final int SHUFFLED = 16;
  private static final int BYTES_MAX = 2_000;

  private static byte[] question(long seed) {
    RandomGenerator random = Seed.of(seed);
    byte[] bytes = new byte[1 + random.nextInt(BYTES_MAX)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] replyTo(byte[] question) {
    byte[] reply = new byte[question.length + 1];
    for (int i = 0; i < question.length; i++) {
      reply[question.length - i] = (byte) (question[i] ^ 0x5A);
    }
    reply[0] = 42;
    return reply;
  }

  private boolean fill(Descriptor from, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (uring.recv(from, buffer, CallOptions.NONE) < 0) {
        return false;
      }
    }
    buffer.flip();
    return true;
  }

  /** Answers questions, in batches whose order is drawn; the last batch is what is left of {@code expected}. */
  private int serve(Descriptor connection, int expected) throws IOException {
    List<ByteBuffer> replies = new ArrayList<>();
    Random order = new Random(11);
    int served = 0;
    ByteBuffer header = ByteBuffer.allocate(MultiplexedClient.HEADER_BYTES);
    while (served < expected && fill(connection, header)) {
      long id = header.getLong();
      ByteBuffer body = ByteBuffer.allocate(header.getInt());
      header.clear();
      assertTrue(fill(connection, body));
      byte[] reply = replyTo(body.array());
      replies.add(ByteBuffer.allocate(MultiplexedClient.HEADER_BYTES + reply.length)
          .putLong(id).putInt(reply.length).put(reply).flip());
      served++;
      if (replies.size() == SHUFFLED || served == expected) {
        Collections.shuffle(replies, order);
        for (ByteBuffer frame : replies) {
          uring.send(connection, frame, CallOptions.NONE);
        }
        replies.clear();
      }
    }
    return served;
  }

  private void callers(int count) throws IOException {
    Pair pair = Connections.pair(uring);
    Caller server = Caller.virtual(() -> serve(pair.server(), count));
    try (MultiplexedClient client = new MultiplexedClient(uring, pair.client(), AT_ONCE_MAX)) {
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int seed = i;
        callers.add(Caller.virtual(() -> {
          byte[] question = question(seed);
          byte[] reply = client.call(question, CallOptions.timeout(Await.LIMIT));
          return Arrays.equals(replyTo(question), reply);
        }));
      }
      callers.forEach(caller -> assertEquals(true, caller.value()));
      assertEquals(count, server.value());
      assertEquals(0, client.waiting());
    }
    pair.close();
  }

  @Test
  void aThousandCallersShareAConnectionAndEachGetsItsOwnReply() throws IOException {
    callers(CALLERS);
  }

  @Tag("long")
  @Test
  void manyThousandCallersShareAConnectionAndEachGetsItsOwnReply() throws IOException {
    callers(LONG_CALLERS);
  }

  @Test
  void aReplyThatComesTooLateIsNobodysAndTheNextCallerGetsItsOwn() throws IOException {
    Pair pair = Connections.pair(uring);
    try (MultiplexedClient client = new MultiplexedClient(uring, pair.client(), 1)) {
      byte[] first = question(1);
      CallOptions soon = CallOptions.timeout(Duration.ofMillis(5));
      assertThrows(OperationTimeoutException.class, () -> client.call(first, soon));
      Caller second = Caller.virtual(() -> client.call(question(2), CallOptions.NONE));
      Caller server = Caller.virtual(() -> serve(pair.server(), 2));
      assertEquals(ByteBuffer.wrap(replyTo(question(2))), ByteBuffer.wrap((byte[]) second.value()));
      server.value();
    }
    pair.close();
  }

  @Test
  void aConnectionThatEndsEndsItsCallers() throws IOException {
    Pair pair = Connections.pair(uring);
    try (MultiplexedClient client = new MultiplexedClient(uring, pair.client(), AT_ONCE_MAX)) {
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        callers.add(Caller.virtual(() -> client.call(question(3), CallOptions.NONE)));
      }
      Await.until("all wait", () -> client.waiting() == 20);
      callers.forEach(caller -> Await.untilParked(caller.thread()));
      pair.server().close();
      callers.forEach(caller -> caller.thrown(IOException.class));
      assertEquals(0, client.waiting());
    }
    pair.close();
  }

  @Test
  @RunsOnce("a text")
  void thePageShowsWhatIsCompiled() throws IOException {
    GuideCode.assertCompiled("request-table.md", 2, "MultiplexedClient.java", "RequestTableGuideTest.java");
  }
}
