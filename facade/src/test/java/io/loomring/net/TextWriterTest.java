package io.loomring.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.Seed;
import io.loomring.testkit.UringTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text goes to a descriptor as a writer of the JDK's writes it, when it says so. */
@RunsOnce("what becomes of bytes, not how they come")
class TextWriterTest extends UringTest {
  private static final Duration SOON = Duration.ofMillis(30);
  private static final int ROUNDS = 24;

  @TempDir
  private Path directory;

  private Descriptor file(String name) throws IOException {
    Path path = directory.resolve(name);
    return uring.files().openat(
        null, path.toString(), Constants.O_WRONLY | Constants.O_CREAT | Constants.O_TRUNC, 0600, CallOptions.NONE);
  }

  @Test
  void whatIsPrintedIsThereAfterAFlush() throws IOException {
    try (TextWriter out = TextWriter.of(uring, file("text"), UTF_8)) {
      out.print("one ");
      out.print(2);
      out.print(null);
      out.println();
      out.println('x');
      out.printf("%s %d%n", "three", 4);
      out.printf(Locale.GERMANY, "%,d%n", 5_000);
      out.append("six").append('7').append("seven", 1, 3);
      assertEquals("", Files.readString(directory.resolve("text")));
      out.flush();
      assertEquals("one 2null\nx\nthree 4\n5.000\nsix7ev", Files.readString(directory.resolve("text")));
      out.write("\u00fc");
    }
    assertTrue(Files.readString(directory.resolve("text")).endsWith("six7ev\u00fc"));
  }

  @Test
  void whatFillsTheBufferIsThereBefore() throws IOException {
    String much = "0123456789".repeat(30_000);
    try (TextWriter out = TextWriter.of(uring, file("text"), UTF_8)) {
      out.print(much);
      assertTrue(Files.size(directory.resolve("text")) > much.length() - 8193);
    }
    assertEquals(much, Files.readString(directory.resolve("text")));
  }

  @Test
  void bytesAreThoseOfTheJdksWriter() throws IOException {
    RandomGenerator random = Seed.random("texts");
    List<Charset> charsets = List.of(UTF_8, UTF_16, ISO_8859_1, Charset.forName("ISO-2022-JP"));
    for (int round = 0; round < ROUNDS; round++) {
      Charset charset = charsets.get(round % charsets.size());
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      Writer theirs = new OutputStreamWriter(expected, charset);
      Writer ours = TextWriter.of(uring, file("text" + round), charset);
      for (int i = random.nextInt(30); i > 0; i--) {
        String piece = piece(random);
        int from = random.nextInt(piece.length() + 1);
        for (Writer writer : List.of(theirs, ours)) {
          switch (i % 3) {
            case 0 -> writer.write(piece);
            case 1 -> writer.write(piece, from, piece.length() - from);
            default -> writer.write(piece.toCharArray(), from, piece.length() - from);
          }
        }
      }
      theirs.close();
      ours.close();
      assertArrayEquals(expected.toByteArray(), Files.readAllBytes(directory.resolve("text" + round)), charset.name());
    }
  }

  /** Characters of all sorts, whole and half. */
  private static String piece(RandomGenerator random) {
    String all = "ab\n\u00e4\u20ac\u3042\ud83d\ude00";
    StringBuilder piece = new StringBuilder();
    for (int i = random.nextInt(random.nextInt(5) == 0 ? 9000 : 20); i > 0; i--) {
      piece.append(all.charAt(random.nextInt(all.length())));
    }
    return piece.toString();
  }

  @Test
  void linesOfManyThreadsStandTogether() throws IOException {
    TextWriter out = TextWriter.of(uring, file("text"), UTF_8);
    List<Caller> writers = IntStream.range(0, 8).mapToObj(i -> Caller.virtual(() -> {
      for (int j = 0; j < 500; j++) {
        out.println(String.valueOf((char) ('a' + i)).repeat(1 + j % 50));
      }
      return null;
    })).toList();
    writers.forEach(Caller::value);
    out.close();
    List<String> lines = Files.readAllLines(directory.resolve("text"));
    assertEquals(4_000, lines.size());
    lines.forEach(line -> assertEquals(1L, line.chars().distinct().count(), line));
  }

  // ---- ends

  @Test
  void aFullPipeIsWaitedForAndAFlushMayTimeOut() throws IOException {
    Pipe pipe = Pipe.open(uring);
    pipe.fill();
    TextWriter out = TextWriter.of(uring, pipe.sink(), UTF_8);
    out.print("kept");
    assertEquals("Timed out", assertThrows(OperationTimeoutException.class, () -> out.flush(SOON)).getMessage());
    assertThrows(OperationTimeoutException.class, () -> out.flush(SOON));
    out.print(", too");
    Caller flush = Caller.virtual(() -> {
      Thread.currentThread().interrupt();
      out.flush();
      return Thread.currentThread().isInterrupted();
    });
    Await.untilInFlight(uring, OperationKind.WRITE, 1);
    Caller rest = Caller.platform(() -> drained(pipe.source()));
    assertEquals(true, flush.value());
    out.close();
    assertTrue(((String) rest.value()).endsWith("\0kept, too"));
    pipe.close();
  }

  private String drained(Descriptor source) throws IOException {
    StringBuilder all = new StringBuilder();
    byte[] bytes = new byte[8192];
    for (int n = 0; n >= 0; n = uring.read(source, bytes, 0, bytes.length, -1, CallOptions.NONE)) {
      all.append(new String(bytes, 0, n, UTF_8));
    }
    return all.toString();
  }

  @Test
  void aPipeThatDoesNotBlockIsWaitedForAllTheSame() throws IOException {
    Pipe pipe = Pipe.open(uring);
    pipe.fill();
    SystemCalls.fcntl(pipe.sink().fd(), Constants.F_SETFL, Constants.O_NONBLOCK);
    TextWriter out = TextWriter.of(uring, pipe.sink(), UTF_8);
    out.print("kept");
    assertThrows(OperationTimeoutException.class, () -> out.flush(SOON));
    Caller flush = Caller.virtual(() -> {
      out.close();
      return null;
    });
    Await.untilParked(flush.thread());
    assertTrue(drained(pipe.source()).endsWith("\0kept"));
    flush.value();
    pipe.close();
  }

  @Test
  void aCloseEndsACallThatWaits() throws IOException {
    Pipe pipe = Pipe.open(uring);
    pipe.fill();
    TextWriter out = TextWriter.of(uring, pipe.sink(), UTF_8);
    out.print("lost");
    Caller flush = Caller.platform(() -> {
      out.flush();
      return null;
    });
    Await.untilInFlight(uring, OperationKind.WRITE, 1);
    out.close();
    assertEquals("Stream closed", flush.thrown(IOException.class).getMessage());
    assertEquals("Stream closed", assertThrows(IOException.class, () -> out.print("more")).getMessage());
    assertEquals("Stream closed", assertThrows(IOException.class, out::flush).getMessage());
    out.close();
    assertFalse(pipe.sink().isOpen());
    pipe.close();
  }

  @Test
  void whatGoesWrongIsThrown() throws IOException {
    Pipe pipe = Pipe.open(uring);
    pipe.source().close();
    TextWriter out = TextWriter.of(uring, pipe.sink(), UTF_8);
    out.println("nobody reads this");
    assertEquals("Broken pipe", assertThrows(IOException.class, out::flush).getMessage());
    assertEquals("Broken pipe", assertThrows(IOException.class, out::close).getMessage());
    assertFalse(pipe.sink().isOpen());
    pipe.close();
    TextWriter full = TextWriter.of(
        uring, uring.files().openat(null, "/dev/full", Constants.O_WRONLY, 0, CallOptions.NONE), UTF_8);
    full.print("x".repeat(8000));
    assertEquals("No space left on device", assertThrows(IOException.class, full::flush).getMessage());
    assertThrows(IOException.class, () -> full.print("x".repeat(8000)));
    assertThrows(IOException.class, full::close);
  }
}
