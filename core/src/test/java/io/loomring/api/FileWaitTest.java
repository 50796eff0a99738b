package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Calls on files that wait, by the example of a named pipe: to open one waits until its other end is opened. What ends
 * the wait, and that no descriptor is left over, whichever of the two wins.
 */
class FileWaitTest extends UringTest {
  /** With O_CREAT the kernel leaves the open to a worker, which waits; without it tries first, and does not wait. */
  private static final int FLAGS = Constants.O_RDONLY | Constants.O_CREAT;
  private static final int ROUNDS = 300;
  private static final int LONG_ROUNDS = 10_000;
  /** More than the kernel has workers for on any machine that tests run on. */
  private static final int MORE_THAN_WORKERS = 80;

  @TempDir
  private Path directory;

  private FileOperations files;
  private Path pipe;

  @BeforeEach
  void makePipe() throws IOException, InterruptedException {
    files = uring.files();
    pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
  }

  private Descriptor open(CallOptions options) throws IOException {
    return files.openat(null, pipe.toString(), FLAGS, 0, options);
  }

  /** Opens both ends, which waits for nobody and lets in whoever waits. */
  private void letIn() {
    try {
      new RandomAccessFile(pipe.toFile(), "rw").close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void assertNoneIsOpen() {
    assertFalse(Descriptors.open().containsValue(pipe.toString()), () -> Descriptors.open().toString());
  }

  @Test
  void anOpenWaitsForTheOtherEnd() throws IOException {
    Caller caller = Caller.virtual(() -> open(CallOptions.NONE));
    awaitInKernel(1);
    Await.untilParked(caller.thread());
    letInUntilDone(caller);
    try (Descriptor end = (Descriptor) caller.value()) {
      assertEquals(pipe.toString(), Descriptors.target(end.fd()));
    }
    assertNoneIsOpen();
  }

  private void letInUntilDone(Caller caller) {
    // Whoever is on the way into the kernel when the ends are opened and closed has missed it.
    Await.until("the open ends", () -> {
      letIn();
      return caller.isDone();
    });
  }

  @Test
  void anOpenForReadingAloneDoesNotWait() throws IOException {
    try (Descriptor end = files.open(pipe)) {
      assertEquals(pipe.toString(), Descriptors.target(end.fd()));
    }
    assertNoneIsOpen();
  }

  @Test
  void aTimeoutEndsIt() {
    Caller caller = Caller.virtual(() -> open(CallOptions.timeout(Duration.ofMillis(50))));
    caller.thrown(OperationTimeoutException.class);
    assertNoneIsOpen();
  }

  @Test
  void aCancelEndsIt() {
    OperationHandle handle = new OperationHandle();
    Caller caller = Caller.platform(() -> open(CallOptions.handle(handle)));
    awaitInKernel(1);
    handle.cancel();
    caller.thrown(OperationCancelledException.class);
    assertNoneIsOpen();
  }

  @Test
  void anInterruptEndsIt() {
    Caller caller = Caller.virtual(() -> open(CallOptions.NONE));
    awaitInKernel(1);
    Await.untilParked(caller.thread());
    caller.thread().interrupt();
    caller.thrown(OperationInterruptedException.class);
    assertNoneIsOpen();
  }

  @Test
  void theEndOfTheRingEndsIt() {
    Caller caller = Caller.virtual(() -> open(CallOptions.NONE));
    awaitInKernel(1);
    uring.close();
    caller.thrown(IOException.class);
    assertNoneIsOpen();
  }

  @Test
  void theCloseOfItsDirectoryEndsItBeforeTheNumberIsAnothers() throws IOException {
    Descriptor parent = files.openat(null, directory.toString(), Constants.O_DIRECTORY, 0, CallOptions.NONE);
    Caller caller = Caller.virtual(() -> files.openat(parent, "pipe", FLAGS, 0, CallOptions.NONE));
    awaitInKernel(1);
    Await.untilParked(caller.thread());
    parent.close();
    caller.thrown(DescriptorClosedException.class);
    assertNoneIsOpen();
  }

  @Test
  void anOpenThatIsCancelledTooLateLeavesNoDescriptorBehind() throws IOException {
    raceCancels(ROUNDS);
  }

  @Tag("long")
  @Test
  void anOpenThatIsCancelledTooLateLeavesNoDescriptorBehindOverAndOver() throws IOException {
    raceCancels(LONG_ROUNDS);
  }

  private void raceCancels(int rounds) throws IOException {
    int came = 0;
    int ended = 0;
    for (int i = 0; i < rounds; i++) {
      OperationHandle handle = new OperationHandle();
      Caller caller = Caller.virtual(() -> open(CallOptions.handle(handle)));
      if (i % 4 != 0) {
        awaitInKernel(1);
      }
      Caller other = Caller.platform(() -> {
        letIn();
        return null;
      });
      handle.cancel();
      Throwable thrown = caller.thrown();
      if (thrown == null) {
        ((Descriptor) caller.value()).close();
        came++;
      } else {
        caller.thrown(OperationCancelledException.class);
        ended++;
      }
      other.value();
    }
    assertEquals(rounds, came + ended);
    assertTrue(ended > 0, came + " came, " + ended + " ended");
    assertNoneIsOpen();
  }

  @Test
  void theCloseOfAFileEndsWhatWaitsForAWorker() throws IOException {
    Path other = Files.write(directory.resolve("file"), new byte[10]);
    Descriptor file = files.open(other);
    List<OperationHandle> handles = new ArrayList<>();
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < MORE_THAN_WORKERS; i++) {
      OperationHandle handle = new OperationHandle();
      handles.add(handle);
      callers.add(Caller.virtual(() -> open(CallOptions.handle(handle))));
    }
    awaitInKernel(MORE_THAN_WORKERS);
    Caller sync = Caller.virtual(() -> {
      files.fsync(file, CallOptions.NONE);
      return "synced";
    });
    Await.until("the sync is under way", () -> sync.isDone() || uring.inFlight(OperationKind.FSYNC) == 1);
    file.close();
    // A worker may have been free after all, and a result wins.
    if (sync.thrown() != null) {
      sync.thrown(DescriptorClosedException.class);
    }
    assertThrows(DescriptorClosedException.class, () -> files.size(file, CallOptions.NONE));
    handles.forEach(OperationHandle::cancel);
    callers.forEach(caller -> caller.thrown(OperationCancelledException.class));
    assertNoneIsOpen();
  }
}
