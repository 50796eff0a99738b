package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.Deadline;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Runs;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pipes, splices and tees. */
class PipeOperationsTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final long NO_OFFSET = PipeOperations.NO_OFFSET;

  @TempDir
  private Path directory;

  private PipeEnds first;
  private PipeEnds second;

  @BeforeEach
  void openPipes() throws IOException {
    first = uring.pipes().open(NONE);
    second = uring.pipes().open(NONE);
  }

  @AfterEach
  void closePipes() throws IOException {
    first.close();
    second.close();
  }

  private void write(PipeEnds pipe, String text) throws IOException {
    assertEquals(text.length(), uring.write(pipe.sink(), MemorySegment.ofArray(text.getBytes()), NO_OFFSET, NONE));
  }

  private String read(PipeEnds pipe) throws IOException {
    MemorySegment into = MemorySegment.ofArray(new byte[100]);
    int count = uring.read(pipe.source(), into, NO_OFFSET, NONE);
    return new String(into.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
  }

  private int splice(CallOptions options) throws IOException {
    return uring.pipes().splice(first.source(), NO_OFFSET, second.sink(), NO_OFFSET, 100, options);
  }

  private Caller waiting(CallOptions options) {
    Caller waiting = Caller.virtual(() -> splice(options));
    Await.untilInFlight(uring, OperationKind.SPLICE, 1);
    Await.untilParked(waiting.thread());
    return waiting;
  }

  @Test
  @Runs(Opcode.PIPE)
  void whatIsWrittenIntoAPipeComesOut() throws IOException {
    write(first, "hello");
    assertEquals("hello", read(first));
  }

  @Test
  void aPipeIsMadeAlsoWhereTheKernelHasNoOperationForIt() throws IOException {
    PipeOperations.Made made = new PipeOperations.Made();
    assertThrows(IllegalStateException.class, made::ends);
    assertEquals(0, uring.pipes().pipe(made, false, Deadline.NONE, true, null));
    try (PipeEnds plain = made.ends()) {
      write(plain, "plain");
      assertEquals("plain", read(plain));
    }
  }

  @Test
  void aPipeGrowsWhereTheSystemLetsIt() throws IOException {
    assertTrue(first.grow(1 << 17) >= 1 << 16);
    first.close();
    assertTrue(first.grow(1 << 17) < 0);
  }

  @Test
  @Runs(Opcode.SPLICE)
  void aSpliceMovesFromOnePipeToTheOther() throws IOException {
    write(first, "moved");
    assertEquals(5, splice(NONE));
    assertEquals("moved", read(second));
  }

  @Test
  void aSpliceTakesAFileFromAnOffsetAndAnswersZeroAtItsEnd() throws IOException {
    Path path = Files.writeString(directory.resolve("file"), "0123456789");
    try (Descriptor file = uring.files().open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      assertEquals(4, uring.pipes().splice(file, 3, first.sink(), NO_OFFSET, 4, NONE));
      assertEquals("3456", read(first));
      assertEquals(0, uring.pipes().splice(file, 10, first.sink(), NO_OFFSET, 4, NONE));
      write(first, "xyz");
      assertEquals(3, uring.pipes().splice(first.source(), NO_OFFSET, file, 8, 3, NONE));
      assertEquals("01234567xyz", Files.readString(path));
      assertThrows(IOException.class, () -> uring.pipes().splice(file, 0, file, 5, 1, NONE));
    }
  }

  @Test
  @Runs(Opcode.TEE)
  void aTeeLeavesWhatItCopies() throws IOException {
    write(first, "twice");
    assertEquals(5, uring.pipes().tee(first.source(), second.sink(), 100, NONE));
    assertEquals("twice", read(first));
    assertEquals("twice", read(second));
  }

  @Test
  void aTeeIsTimedOut() {
    CallOptions soon = CallOptions.timeout(Duration.ofMillis(20));
    assertThrows(
        OperationTimeoutException.class, () -> uring.pipes().tee(first.source(), second.sink(), 100, soon));
  }

  @Test
  void aSpliceIsTimedOutAndMovesNothing() throws IOException {
    assertThrows(OperationTimeoutException.class, () -> splice(CallOptions.timeout(Duration.ofMillis(20))));
    write(first, "later");
    assertEquals("later", read(first));
  }

  @Test
  void aSpliceIsCancelled() {
    OperationHandle handle = new OperationHandle();
    Caller waiting = waiting(CallOptions.handle(handle));
    // A worker is at it: whether the kernel could stop it is known when it ends.
    assertNotEquals(OperationHandle.Answer.ALREADY_DONE, handle.cancel());
    waiting.thrown(OperationCancelledException.class);
  }

  @Test
  void aSpliceIsInterrupted() {
    Caller waiting = waiting(NONE);
    waiting.thread().interrupt();
    waiting.thrown(OperationInterruptedException.class);
  }

  @Test
  void theCloseOfWhatItReadsFromEndsASplice() throws IOException {
    Caller waiting = waiting(NONE);
    first.source().close();
    waiting.thrown(DescriptorClosedException.class);
  }

  @Test
  void theCloseOfWhatItWritesToEndsASplice() throws IOException {
    Caller waiting = waiting(NONE);
    second.sink().close();
    waiting.thrown(DescriptorClosedException.class);
  }

  @Test
  void badInputIsRefused() throws IOException {
    assertThrows(
        IllegalArgumentException.class,
        () -> uring.pipes().splice(first.source(), NO_OFFSET, second.sink(), NO_OFFSET, -1, NONE));
    assertThrows(
        IllegalArgumentException.class, () -> uring.pipes().tee(first.source(), second.sink(), -1, NONE));
    try (Uring other = TestDriver.open(TestDriver.config("other"));
        PipeEnds theirs = other.pipes().open(NONE)) {
      assertThrows(
          IllegalArgumentException.class,
          () -> uring.pipes().splice(first.source(), NO_OFFSET, theirs.sink(), NO_OFFSET, 1, NONE));
    }
    first.close();
    assertThrows(DescriptorClosedException.class, () -> splice(NONE));
  }
}
