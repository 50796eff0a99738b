package io.loomring.net;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.error.OperationInterruptedException;
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
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text comes from a pipe as a reader of the JDK's reads it, and what comes late is not lost. */
@RunsOnce("what becomes of bytes, not how they come")
class TextReaderTest extends UringTest {
  private static final Duration SOON = Duration.ofMillis(30);
  private static final Duration LATE = Duration.ofSeconds(30);
  private static final int ROUNDS = 24;

  private Pipe pipe;
  private TextReader reader;

  @BeforeEach
  void openPipe() throws IOException {
    pipe = Pipe.open(uring);
    reader = TextReader.of(uring, pipe.source(), UTF_8);
  }

  @AfterEach
  void closePipe() throws IOException {
    reader.close();
    pipe.close();
  }

  private void type(String text) throws IOException {
    type(text.getBytes(UTF_8));
  }

  private void type(byte... bytes) throws IOException {
    for (int done = 0; done < bytes.length; ) {
      done += uring.write(pipe.sink(), bytes, done, bytes.length - done, -1, CallOptions.NONE);
    }
  }

  // ---- as the JDK's

  /** A text of characters of all lengths, of line ends of all sorts, and of bytes that are no text. */
  private static byte[] text(RandomGenerator random, Charset charset) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(3000); i > 0; i--) {
      switch (random.nextInt(12)) {
        case 0 -> text.append('\n');
        case 1 -> text.append('\r');
        case 2 -> text.append("\r\n");
        case 3 -> text.append("\ud83d\ude00");
        case 4 -> text.append('\u20ac');
        case 5 -> text.append('\u00e4');
        default -> text.append((char) ('a' + random.nextInt(26)));
      }
    }
    byte[] bytes = text.toString().getBytes(charset);
    for (int i = random.nextInt(5); i > 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return random.nextBoolean() ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
  }

  @Test
  void linesAndCharactersAreThoseOfTheJdksReaders() throws IOException {
    RandomGenerator random = Seed.random("texts");
    for (int round = 0; round < ROUNDS; round++) {
      Charset charset = List.of(UTF_8, UTF_16, Charset.forName("GB18030")).get(round % 3);
      byte[] bytes = text(random, charset);
      List<Integer> steps = new ArrayList<>();
      random.ints(50, 0, 4).forEach(steps::add);
      List<String> expected =
          taken(new BufferedReader(new InputStreamReader(new ByteArrayInputStream(bytes), charset)), steps);
      Pipe own = Pipe.open(uring);
      long seed = random.nextLong();
      Caller writer = Caller.virtual(() -> writeInPieces(own.sink(), bytes, Seed.of(seed)));
      try (TextReader ours = TextReader.of(uring, own.source(), charset)) {
        assertEquals(expected, taken(ours, steps), charset + " " + Arrays.toString(bytes));
      }
      writer.value();
      own.close();
    }
  }

  private Object writeInPieces(Descriptor to, byte[] bytes, RandomGenerator random) throws IOException {
    for (int done = 0; done < bytes.length; ) {
      int piece = Math.min(bytes.length - done, 1 + random.nextInt(random.nextBoolean() ? 3 : 700));
      done += uring.write(to, bytes, done, piece, -1, CallOptions.NONE);
    }
    to.close();
    return null;
  }

  /** Reads lines, and now and then so many characters, until the end. */
  private static List<String> taken(Reader from, List<Integer> steps) throws IOException {
    List<String> all = new ArrayList<>();
    for (int i = 0; ; i++) {
      int step = steps.get(i % steps.size());
      String next = step < 3 ? line(from) : characters(from);
      all.add(String.valueOf(next));
      if (next == null) {
        return all;
      }
    }
  }

  private static String line(Reader from) throws IOException {
    return from instanceof TextReader ours ? ours.readLine() : ((BufferedReader) from).readLine();
  }

  /** As many as are asked for, since how many come at once is by chance. */
  private static String characters(Reader from) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int next = 0; text.length() < 7; ) {
      next = from.read();
      if (next < 0) {
        return text.isEmpty() ? null : text.toString();
      }
      text.append((char) next);
    }
    return text.toString();
  }

  @Test
  void aLineLongerThanAnyBufferComesWhole() throws IOException {
    String longLine = "l\u00e4ng ".repeat(20_000);
    Caller line = Caller.virtual(reader::readLine);
    type(longLine + "\n");
    assertEquals(longLine, line.value());
  }

  @Test
  void aDecoderThatReportsThrowsAndWhatCameBeforeIsRead() throws IOException {
    type((byte) 'a', (byte) '\n', (byte) 'b', (byte) 0xFF, (byte) 'c');
    TextReader strict = TextReader.of(uring, pipe.source(), UTF_8.newDecoder());
    assertEquals("a", strict.readLine());
    assertThrows(MalformedInputException.class, strict::readLine);
    assertEquals('b', strict.read());
    assertThrows(MalformedInputException.class, strict::read);
  }

  @Test
  void aTextThatEndsInTheMiddleOfACharacterIsReportedToo() throws IOException {
    type((byte) 'a', (byte) 0xC3);
    pipe.sink().close();
    TextReader strict = TextReader.of(uring, pipe.source(), UTF_8.newDecoder());
    assertThrows(MalformedInputException.class, strict::readLine);
    assertThrows(MalformedInputException.class, strict::readLine);
  }

  @Test
  void aFileIsReadFromItsOwnPositionOn(@TempDir Path directory) throws IOException {
    Path path = Files.writeString(directory.resolve("text"), "first\nsecond\n");
    try (TextReader first = TextReader.of(uring, uring.files().open(path), UTF_8)) {
      assertEquals("first", first.readLine());
      assertEquals("second", first.readLine(LATE));
      assertNull(first.readLine());
      assertNull(first.readLine(Duration.ZERO));
    }
  }

  @Test
  void anEndIsNoEndWhereMoreComes(@TempDir Path directory) throws IOException {
    Path path = Files.writeString(directory.resolve("text"), "first");
    try (TextReader text = TextReader.of(uring, uring.files().open(path), UTF_8)) {
      assertEquals("first", text.readLine());
      assertNull(text.readLine());
      Files.writeString(path, "first\u00e4nd more\n");
      assertEquals("\u00e4nd more", text.readLine());
    }
  }

  // ---- timeouts

  @Test
  void aTimeoutKeepsWhatHasComeOfTheLine() throws IOException {
    type("half a l");
    OperationTimeoutException late = assertThrows(OperationTimeoutException.class, () -> reader.readLine(SOON));
    assertEquals("Timed out", late.getMessage());
    type("ine\nnext");
    assertEquals("half a line", reader.readLine(LATE));
    assertThrows(OperationTimeoutException.class, () -> reader.readLine(SOON));
    assertTrue(reader.ready());
    char[] into = new char[10];
    assertEquals(2, reader.read(into, 3, 2));
    assertEquals("ne", new String(into, 3, 2));
    assertEquals("xt", read(SOON));
    assertThrows(OperationTimeoutException.class, () -> reader.read(into, 0, 10, SOON));
  }

  private String read(Duration timeout) throws IOException {
    char[] into = new char[10];
    return new String(into, 0, reader.read(into, 0, into.length, timeout));
  }

  @Test
  void aTimeoutInTheMiddleOfACharacterKeepsIt() throws IOException {
    byte[] smile = "\ud83d\ude00\n".getBytes(UTF_8);
    for (byte part : smile) {
      assertThrows(OperationTimeoutException.class, () -> reader.readLine(Duration.ofMillis(1)));
      type(part);
    }
    assertEquals("\ud83d\ude00", reader.readLine(LATE));
  }

  @Test
  void withoutTimeOnlyWhatIsThereIsTaken() throws IOException {
    assertThrows(OperationTimeoutException.class, () -> reader.readLine(Duration.ZERO));
    assertThrows(OperationTimeoutException.class, () -> reader.read(new char[1], 0, 1, Duration.ZERO));
    assertEquals(0, reader.read(new char[1], 0, 0, Duration.ZERO));
    assertFalse(reader.ready());
    type("a\nb\n");
    assertEquals("a", reader.readLine(LATE));
    assertEquals("b", reader.readLine(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> reader.readLine(Duration.ofNanos(-1)));
  }

  @Test
  void aTimeoutCoversTheWaitForAnotherReader() throws IOException {
    Caller first = Caller.virtual(reader::readLine);
    Await.untilInFlight(uring, OperationKind.READ, 1);
    assertThrows(OperationTimeoutException.class, () -> reader.readLine(SOON));
    type("for the first\n");
    assertEquals("for the first", first.value());
  }

  // ---- other ends

  @Test
  void anInterruptEndsTheWaitOfAVirtualThreadAndLosesNothing() throws IOException {
    type("be");
    Caller waiting = Caller.virtual(() -> {
      try {
        return reader.readLine();
      } catch (OperationInterruptedException interrupted) {
        assertTrue(Thread.interrupted());
        return "interrupted, then " + reader.readLine();
      }
    });
    Await.untilInFlight(uring, OperationKind.READ, 1);
    Await.untilParked(waiting.thread());
    Await.until("what was there has been taken", () -> uring.stats().completed() >= 2);
    waiting.thread().interrupt();
    Await.until("it waits anew", () -> uring.stats().cancels() == 1 && uring.inFlight(OperationKind.READ) == 1);
    type("fore\n");
    assertEquals("interrupted, then before", waiting.value());
  }

  @Test
  void aCloseEndsEveryReader() throws IOException {
    Caller first = Caller.virtual(reader::readLine);
    Caller second = Caller.platform(() -> reader.readLine(LATE));
    Await.untilInFlight(uring, OperationKind.READ, 1);
    Await.untilParked(second.thread());
    reader.close();
    assertEquals("Stream closed", first.thrown(IOException.class).getMessage());
    assertEquals("Stream closed", second.thrown(IOException.class).getMessage());
    assertEquals("Stream closed", assertThrows(IOException.class, reader::ready).getMessage());
    assertFalse(pipe.source().isOpen());
  }

  @Test
  void aBorrowedDescriptorStaysOpen() throws IOException {
    Descriptor borrowed = uring.borrow(pipe.source().fd());
    TextReader other = TextReader.of(uring, borrowed, UTF_8);
    Caller waiting = Caller.virtual(other::readLine);
    Await.untilInFlight(uring, OperationKind.READ, 1);
    other.close();
    waiting.thrown(IOException.class);
    type("still here\n");
    assertEquals("still here", reader.readLine());
  }

  @Test
  void aDescriptorThatDoesNotBlockIsWaitedForAllTheSame() throws IOException {
    SystemCalls.fcntl(pipe.source().fd(), Constants.F_SETFL, Constants.O_NONBLOCK);
    assertThrows(OperationTimeoutException.class, () -> reader.readLine(SOON));
    Caller waiting = Caller.virtual(reader::readLine);
    Await.untilParked(waiting.thread());
    type("came\n");
    assertEquals("came", waiting.value());
    pipe.sink().close();
    assertNull(reader.readLine());
  }

  @Test
  void aDirectoryIsNoText(@TempDir Path directory) throws IOException {
    try (TextReader text = TextReader.of(uring, uring.files().open(directory), UTF_8)) {
      assertEquals("Is a directory", assertThrows(IOException.class, text::readLine).getMessage());
    }
  }
}
