package io.loomring.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.error.OperationTimeoutException;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a flight recording has of operations. */
@RunsOnce("events are made beside the drivers")
class RecordingsTest extends UringTest {
  @TempDir
  private Path directory;

  private interface Body {
    void run() throws Exception;
  }

  /** The events of ours that are recorded while {@code body} runs. */
  private List<RecordedEvent> recorded(Consumer<Recording> settings, Body body) throws Exception {
    try (Recording recording = new Recording()) {
      settings.accept(recording);
      recording.start();
      body.run();
      recording.stop();
      Path file = directory.resolve("events.jfr");
      recording.dump(file);
      return RecordingFile.readAllEvents(file).stream()
          .filter(event -> event.getEventType().getName().startsWith("loomring."))
          .toList();
    }
  }

  private static List<RecordedEvent> of(String kind, List<RecordedEvent> events) {
    return events.stream().filter(event -> event.hasField("kind") && kind.equals(event.getString("kind"))).toList();
  }

  @Test
  void anOperationIsToldOfWithItsThreadBytesAndDescriptor() throws Exception {
    Pair pair = Connections.pair(uring);
    List<RecordedEvent> events = recorded(
        recording -> recording.enable("loomring.Operation").withoutThreshold(),
        () -> Thread.ofVirtual().name("receiver").start(() -> {
          try {
            uring.send(pair.client(), new byte[5], 0, 5);
            assertEquals(5, uring.recv(pair.server(), new byte[8], 0, 8));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        }).join());
    RecordedEvent recv = of("RECV", events).getFirst();
    assertEquals(5, recv.getLong("bytes"));
    assertEquals(pair.server().fd(), recv.getInt("descriptor"));
    assertEquals("done", recv.getString("outcome"));
    assertEquals("receiver", recv.getThread().getJavaName());
    pair.close();
  }

  @Test
  void oneThatIsShorterThanTheThresholdIsNot() throws Exception {
    List<RecordedEvent> events = recorded(
        recording -> recording.enable("loomring.Operation").withThreshold(Duration.ofDays(1)), () -> uring.nop());
    assertEquals(List.of(), events);
  }

  @Test
  void howItEndedIsTold() throws Exception {
    Pair pair = Connections.pair(uring);
    List<RecordedEvent> events = recorded(
        recording -> recording.enable("loomring.Operation").withoutThreshold(),
        () -> assertThrows(OperationTimeoutException.class, () -> uring.recv(
            pair.server(), MemorySegment.ofArray(new byte[1]), CallOptions.timeout(Duration.ofMillis(1)))));
    assertEquals("timed out", of("RECV", events).getFirst().getString("outcome"));
    assertEquals(0, of("RECV", events).getFirst().getLong("bytes"));
    pair.close();
  }

  @Test
  void aCloseIsToldOfOnceWithWhatItCancelled() throws Exception {
    Pair pair = Connections.pair(uring);
    int fd = pair.server().fd();
    Thread reader = Thread.startVirtualThread(() ->
        assertThrows(IOException.class, () -> uring.recv(pair.server(), new byte[1], 0, 1)));
    Await.until(() -> "nobody reads", () -> uring.inFlight(OperationKind.RECV) == 1);
    List<RecordedEvent> events = recorded(recording -> recording.enable("loomring.Close"), () -> {
      pair.server().close();
      pair.server().close();
      reader.join();
    });
    assertEquals(1, events.size(), events::toString);
    assertEquals(fd, events.getFirst().getInt("descriptor"));
    assertEquals(1, events.getFirst().getInt("cancelled"));
    pair.client().close();
  }

  @Test
  void figuresComeOncePerPeriodOfAUringThatIsShown() throws Exception {
    uring.monitoring().register();
    uring.nop();
    List<RecordedEvent> events =
        recorded(recording -> recording.enable("loomring.InFlight").with("period", "everyChunk"), () -> uring.nop());
    RecordedEvent last = events.getLast();
    assertEquals("loomring.InFlight", last.getEventType().getName());
    assertEquals("test", last.getString("uring"));
    assertTrue(last.getLong("submitted") >= 2, last::toString);
    assertEquals(0, last.getInt("inFlight"));
  }

  @Test
  void stallsAndResubmissionsAreTold() throws Exception {
    List<RecordedEvent> events = recorded(
        recording -> List.of("loomring.PollerStall", "loomring.Resubmission").forEach(recording::enable), () -> {
          Recordings.tellStall("a poller");
          Recordings.tellResubmission("RECV", 7, 2);
        });
    assertEquals(2, events.size(), events::toString);
    assertEquals("a poller", events.getFirst().getString("poller"));
    assertEquals(2, of("RECV", events).getFirst().getInt("times"));
  }

  @Test
  void overflowsAreToldOfWithThePeriodThatTheyCameIn() throws Exception {
    Runnable end = Recordings.periodically(to -> to.take("long", 1, 2, 3, 4, 5, 6));
    List<RecordedEvent> events = recorded(
        recording -> {
          recording.enable("loomring.InFlight").with("period", "everyChunk");
          recording.enable("loomring.Overflow");
        },
        () -> uring.nop());
    end.run();
    List<RecordedEvent> overflows = events.stream().filter(event -> event.hasField("turns")).toList();
    assertEquals(1, overflows.size(), events::toString);
    assertEquals(6, overflows.getFirst().getLong("turns"));
  }

  @Test
  void noneIsOnByDefault() throws Exception {
    assertEquals(List.of(), recorded(recording -> { }, () -> {
      Pair pair = Connections.pair(uring);
      pair.close();
      Recordings.tellStall("a poller");
    }));
  }
}
