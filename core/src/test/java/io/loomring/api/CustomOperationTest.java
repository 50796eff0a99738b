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
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operations of a user's own: chains run as chains, end in every way, and leave nothing behind. */
class CustomOperationTest extends UringTest {
  private static final CallOptions SOON = CallOptions.timeout(Duration.ofMillis(50));

  @TempDir Path directory;

  /** A chain that a lambda writes, with the results as they are. */
  private static final class Raw extends CustomOperation<List<Integer>> {
    private final Consumer<SqeChain> encoder;

    Raw(Consumer<SqeChain> encoder) {
      this.encoder = encoder;
    }

    @Override
    protected void encode(SqeChain chain) {
      encoder.accept(chain);
    }

    @Override
    protected List<Integer> result(ChainResults results) {
      List<Integer> all = new ArrayList<>();
      for (int i = 0; i < results.count(); i++) {
        all.add(results.result(i));
      }
      return all;
    }

    @Override
    protected long progress(ChainResults results) {
      return Math.max(0, results.result(0));
    }
  }

  private List<Integer> call(Consumer<SqeChain> encoder) throws IOException {
    return uring.custom().call(new Raw(encoder), CallOptions.NONE);
  }

  private static void mkdir(SqeChain chain, Path path) {
    chain.add(Opcode.MKDIRAT, Constants.AT_FDCWD).address(chain.path(path.toString())).length(0777);
  }

  private static StagedSqe open(SqeChain chain, Path path) {
    return chain.add(Opcode.OPENAT, Constants.AT_FDCWD).address(chain.path(path.toString()));
  }

  private static StagedSqe read(SqeChain chain, Descriptor from) {
    return chain.add(Opcode.READ, from).memory(chain.allocate(16)).offset(-1);
  }

  // ---- chains

  @Test
  void theEntriesOfAChainRunInOrder() throws IOException {
    Path outer = directory.resolve("a");
    assertEquals(List.of(0, 0, 0), call(chain -> {
      mkdir(chain, outer);
      mkdir(chain, outer.resolve("b"));
      mkdir(chain, outer.resolve("b/c"));
    }));
    assertTrue(Files.isDirectory(outer.resolve("b/c")));
  }

  @Test
  void whatFailsBreaksTheChain() throws IOException {
    Path made = directory.resolve("made");
    assertEquals(List.of(-Errno.ENOENT, -Errno.ECANCELED), call(chain -> {
      open(chain, directory.resolve("missing"));
      mkdir(chain, made);
    }));
    assertFalse(Files.exists(made));
  }

  @Test
  void aHardLinkHoldsWhateverFails() throws IOException {
    Path made = directory.resolve("made");
    assertEquals(List.of(-Errno.ENOENT, 0), call(chain -> {
      open(chain, directory.resolve("missing")).hardLink();
      mkdir(chain, made);
    }));
    assertTrue(Files.isDirectory(made));
  }

  @Test
  void aChainHasAsManyEntriesAsThereIsRoomFor() throws IOException {
    assertEquals(List.of(0, 0, 0, 0, 0, 0), call(chain -> {
      for (int i = 0; i < 6; i++) {
        chain.add(Opcode.NOP);
      }
    }));
    Raw tooLong = new Raw(chain -> {
      for (int i = 0; i < 7; i++) {
        chain.add(Opcode.NOP);
      }
    });
    assertThrows(IllegalStateException.class, () -> uring.custom().call(tooLong, CallOptions.NONE));
  }

  @Test
  void memoryCarriesWhatTheKernelWrites() throws IOException {
    Path path = directory.resolve("file");
    Files.writeString(path, "lent");
    String text = uring.custom().call(
        new CustomOperation<String>() {
          private MemorySegment into = MemorySegment.NULL;
          private final Descriptor file = uring.files().open(path);

          @Override
          protected void encode(SqeChain chain) {
            into = chain.allocate(16);
            chain.add(Opcode.READ, file).memory(into);
          }

          @Override
          protected String result(ChainResults results) throws IOException {
            assertEquals(4, results.require(0));
            file.close();
            return new String(into.asSlice(0, 4).toArray(ValueLayout.JAVA_BYTE));
          }
        },
        CallOptions.NONE);
    assertEquals("lent", text);
  }

  // ---- descriptors that entries make

  private static final class Opening extends CustomOperation<Descriptor> {
    private final String path;
    private final boolean takes;

    Opening(Path path, boolean takes) {
      this.path = path.toString();
      this.takes = takes;
    }

    @Override
    protected void encode(SqeChain chain) {
      chain.add(Opcode.OPENAT, Constants.AT_FDCWD).address(chain.path(path)).operationFlags(Constants.O_RDONLY);
    }

    @Override
    protected Descriptor result(ChainResults results) throws IOException {
      results.require(0);
      return takes ? results.descriptor(0) : null;
    }

    @Override
    protected IOException failure(int entry, int errno) {
      return errno == Errno.ENOENT ? new NoSuchFileException(path) : super.failure(entry, errno);
    }
  }

  @Test
  void aDescriptorThatAnEntryMakesIsTheCallers() throws IOException {
    Path path = Files.writeString(directory.resolve("file"), "x");
    try (Descriptor file = uring.custom().call(new Opening(path, true), CallOptions.NONE)) {
      assertEquals(path.toRealPath().toString(), Descriptors.target(file.fd()));
    }
  }

  @Test
  void aDescriptorThatNobodyTakesIsClosed() throws IOException {
    Path path = Files.writeString(directory.resolve("file"), "x").toRealPath();
    uring.custom().call(new Opening(path, false), CallOptions.NONE);
    assertFalse(Descriptors.open().containsValue(path.toString()));
  }

  @Test
  void errorsAreThoseThatTheOperationMakesOfThem() {
    Opening opening = new Opening(directory.resolve("missing"), true);
    assertThrows(NoSuchFileException.class, () -> uring.custom().call(opening, CallOptions.NONE));
  }

  // ---- the ways in which it ends early

  @Test
  void aTimeoutEndsTheWholeChain() throws IOException {
    Path made = directory.resolve("made");
    try (Pipe pipe = Pipe.open(uring)) {
      Raw operation = new Raw(chain -> {
        read(chain, pipe.source()).hardLink();
        mkdir(chain, made);
      });
      assertThrows(OperationTimeoutException.class, () -> uring.custom().call(operation, SOON));
    }
  }

  @Test
  void aTimeoutLinkedToTheOneEntryEndsThatOne() throws IOException {
    Path made = directory.resolve("made");
    try (Pipe pipe = Pipe.open(uring)) {
      Raw operation = new Raw(chain -> {
        chain.add(Opcode.NOP);
        read(chain, pipe.source()).timed();
        mkdir(chain, made);
      });
      assertThrows(OperationTimeoutException.class, () -> uring.custom().call(operation, SOON));
    }
    assertFalse(Files.exists(made));
  }

  @Test
  void whatIsBehindTheTimedEntryTakesItsTime() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      Raw operation = new Raw(chain -> {
        chain.add(Opcode.NOP).timed();
        read(chain, pipe.source());
      });
      OperationHandle handle = new OperationHandle();
      try (Submission<List<Integer>> reading = uring.custom().submit(operation, SOON.withHandle(handle))) {
        Raw passing = new Raw(chain -> read(chain, pipe.source()));
        assertThrows(
            OperationTimeoutException.class,
            () -> uring.custom().call(passing, CallOptions.timeout(Duration.ofMillis(150))));
        uring.write(pipe.sink(), "xyz".getBytes(), 0, 3, -1, CallOptions.NONE);
        assertEquals(List.of(0, 3), reading.join());
      }
    }
  }

  @Test
  void aTimeoutSaysHowFarItCame() throws IOException {
    try (Pipe full = Pipe.open(uring); Pipe empty = Pipe.open(uring)) {
      uring.write(full.sink(), "12345".getBytes(), 0, 5, -1, CallOptions.NONE);
      Raw operation = new Raw(chain -> {
        read(chain, full.source()).hardLink();
        read(chain, empty.source());
      });
      OperationTimeoutException late =
          assertThrows(OperationTimeoutException.class, () -> uring.custom().call(operation, SOON));
      assertEquals(5, late.bytesTransferred);
    }
  }

  @Test
  void aCancelEndsEveryPartOfAHardChain() throws IOException {
    try (Pipe first = Pipe.open(uring); Pipe second = Pipe.open(uring)) {
      OperationHandle handle = new OperationHandle();
      Caller caller = Caller.virtual(() -> uring.custom().call(
          new Raw(chain -> {
            read(chain, first.source()).hardLink();
            read(chain, second.source());
          }),
          CallOptions.handle(handle)));
      Await.untilInFlight(uring, OperationKind.CUSTOM, 1);
      Await.untilParked(caller.thread());
      handle.cancel();
      caller.thrown(OperationCancelledException.class);
    }
  }

  @Test
  void aCancelEndsWhatAWorkerBeginsWhereverTheWorkerIs() throws IOException {
    cancelAsyncReads(300);
  }

  @Test
  @Tag("long")
  void aCancelEndsWhatAWorkerBeginsWhereverTheWorkerIsManyTimes() throws IOException {
    cancelAsyncReads(100_000);
  }

  private void cancelAsyncReads(int rounds) throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      for (int round = 0; round < rounds; round++) {
        uring.custom().submit(new Raw(chain -> read(chain, pipe.source()).async()), CallOptions.NONE).close();
        assertEquals(0, pipe.source().inFlight());
      }
    }
  }

  @Test
  void anInterruptEndsIt() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      Caller caller = Caller.virtual(
          () -> uring.custom().call(new Raw(chain -> read(chain, pipe.source())), CallOptions.NONE));
      Await.untilInFlight(uring, OperationKind.CUSTOM, 1);
      Await.untilParked(caller.thread());
      caller.thread().interrupt();
      caller.thrown(OperationInterruptedException.class);
    }
  }

  @Test
  void theCloseOfAnyDescriptorEndsIt() throws IOException {
    for (int closed = 0; closed < 2; closed++) {
      try (Pipe first = Pipe.open(uring); Pipe second = Pipe.open(uring)) {
        Caller caller = Caller.virtual(() -> uring.custom().call(
            new Raw(chain -> {
              read(chain, first.source());
              read(chain, second.source());
            }),
            CallOptions.NONE));
        Await.untilInFlight(uring, OperationKind.CUSTOM, 1);
        (closed == 0 ? first : second).source().close();
        caller.thrown(DescriptorClosedException.class);
      }
    }
  }

  @Test
  void aDescriptorCanBeClosedWhileNobodyWaits() throws IOException {
    try (Pipe pipe = Pipe.open(uring);
        Submission<List<Integer>> reading =
            uring.custom().submit(new Raw(chain -> read(chain, pipe.source())), CallOptions.NONE)) {
      pipe.source().close();
      assertThrows(DescriptorClosedException.class, reading::join);
    }
  }

  @Test
  void theEndOfTheUringEndsIt() throws IOException {
    try (Pipe pipe = Pipe.open(uring);
        Submission<List<Integer>> reading =
            uring.custom().submit(new Raw(chain -> read(chain, pipe.source())), CallOptions.NONE)) {
      uring.close();
      assertThrows(IOException.class, reading::join);
    }
  }

  @Test
  void aSubmissionThatIsClosedIsCancelled() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      uring.custom().submit(new Raw(chain -> read(chain, pipe.source())), CallOptions.NONE).close();
      assertEquals(0, pipe.source().inFlight());
    }
  }

  // ---- several at a time, and no room

  @Test
  void oneThreadHasSeveralInFlight() throws IOException {
    try (Pipe pipe = Pipe.open(uring);
        Submission<List<Integer>> reading =
            uring.custom().submit(new Raw(chain -> read(chain, pipe.source())), CallOptions.NONE);
        Submission<List<Integer>> writing = uring.custom().submit(
            new Raw(chain -> chain.add(Opcode.WRITE, pipe.sink()).memory(chain.allocate(7)).offset(-1)),
            CallOptions.NONE)) {
      assertEquals(List.of(7), reading.join());
      assertEquals(List.of(7), writing.join());
    }
  }

  @Test
  void chainsStayWholeInAQueueThatOthersFill() throws Exception {
    try (Uring narrow = TestDriver.open(TestDriver.config("narrow").withRings(1).withEntries(4, 8))) {
      int rounds = 200;
      AtomicInteger cancelled = new AtomicInteger();
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        callers.add(Caller.virtual(() -> {
          for (int round = 0; round < rounds; round++) {
            narrow.nop();
          }
          return null;
        }));
      }
      for (int i = 0; i < 4; i++) {
        callers.add(Caller.virtual(() -> {
          for (int round = 0; round < rounds; round++) {
            List<Integer> results = narrow.custom().call(
                new Raw(chain -> {
                  chain.add(Opcode.FTRUNCATE, -1);
                  chain.add(Opcode.NOP);
                }),
                round % 2 == 0 ? CallOptions.NONE : CallOptions.timeout(Duration.ofSeconds(30)));
            // A chain that is torn apart would have its second entry run.
            if (results.equals(List.of(-Errno.EBADF, -Errno.ECANCELED))) {
              cancelled.incrementAndGet();
            }
          }
          return null;
        }));
      }
      callers.forEach(Caller::value);
      assertEquals(4 * rounds, cancelled.get());
    }
  }

  @Test
  void aChainThatTheQueueIsTooSmallForIsRefused() {
    try (Uring narrow = Uring.open(UringConfig.defaults().withName("narrow").withEntries(2, 2))) {
      Raw operation = new Raw(chain -> {
        chain.add(Opcode.NOP);
        chain.add(Opcode.NOP);
      });
      String words = assertThrows(
          IllegalStateException.class, () -> narrow.custom().call(operation, CallOptions.NONE)).getMessage();
      assertTrue(words.contains("loomring.sqEntries"), words);
    }
  }

  // ---- what is refused

  private String refused(Consumer<SqeChain> encoder) {
    return assertThrows(RuntimeException.class, () -> call(encoder)).getMessage();
  }

  @Test
  void dataOnASocketStandsFirstOrNotAtAll() throws IOException {
    try (Connections.Pair pair = Connections.pair(uring); Pipe pipe = Pipe.open(uring)) {
      for (Opcode opcode : List.of(Opcode.SEND, Opcode.RECV, Opcode.WRITE, Opcode.READ)) {
        String words = refused(chain -> {
          chain.add(Opcode.NOP);
          chain.add(opcode, pair.client()).memory(chain.allocate(4));
        });
        assertTrue(words.contains("I-7"), words);
      }
      assertTrue(refused(chain -> chain.add(Opcode.SEND, pair.client()).async()).contains("I-7"));
      assertEquals(List.of(4, 0), call(chain -> {
        chain.add(Opcode.SEND, pair.client()).memory(chain.allocate(4));
        chain.add(Opcode.NOP);
      }));
      assertEquals(List.of(0, 4), call(chain -> {
        chain.add(Opcode.NOP);
        chain.add(Opcode.WRITE, pipe.sink()).memory(chain.allocate(4)).offset(-1);
      }));
    }
  }

  @Test
  void whatTheLibraryDoesItselfIsRefused() throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      assertTrue(refused(chain -> chain.add(Opcode.CLOSE, pipe.source())).contains("Descriptor.close()"));
      assertTrue(refused(chain -> chain.add(Opcode.LINK_TIMEOUT)).contains("timed()"));
      assertTrue(refused(chain -> chain.add(Opcode.PIPE)).contains("two descriptors"));
      assertTrue(refused(chain -> chain.add(Opcode.POLL_ADD, pipe.source()).length(1)).contains("multishot"));
      assertTrue(refused(chain -> chain.add(Opcode.READ_MULTISHOT, pipe.source())).contains("more than one result"));
      assertTrue(refused(chain -> { }).contains("no entry"));
      assertTrue(refused(chain -> chain.add(Opcode.NOP).hardLink()).contains("nothing behind it"));
    }
  }

  @Test
  void memoryThatNobodyKeepsIsRefused() throws IOException {
    try (Pipe pipe = Pipe.open(uring); Arena arena = Arena.ofConfined()) {
      MemorySegment native_ = arena.allocate(8);
      assertTrue(refused(chain -> chain.add(Opcode.READ, pipe.source()).memory(native_)).contains("freed"));
      MemorySegment heap = MemorySegment.ofArray(new byte[8]);
      assertTrue(refused(chain -> chain.add(Opcode.READ, pipe.source()).memory(heap)).contains("heap"));
    }
  }

  @Test
  void anOperationServesOneCall() throws IOException {
    Raw operation = new Raw(chain -> chain.add(Opcode.NOP));
    uring.custom().call(operation, CallOptions.NONE);
    String words = assertThrows(
        IllegalStateException.class, () -> uring.custom().call(operation, CallOptions.NONE)).getMessage();
    assertTrue(words.contains("make a new one"), words);
  }

  @Test
  void aResultIsTakenOnceByWhicheverThread() throws IOException {
    try (Submission<List<Integer>> submission =
        uring.custom().submit(new Raw(chain -> chain.add(Opcode.NOP)), CallOptions.NONE)) {
      assertEquals(List.of(0), Caller.platform(submission::join).value());
      String words = assertThrows(IllegalStateException.class, submission::join).getMessage();
      assertTrue(words.contains("has been taken"), words);
    }
  }

  @Test
  void entriesAreWrittenInEncodeOnly() throws IOException {
    List<SqeChain> kept = new ArrayList<>();
    List<StagedSqe> entries = new ArrayList<>();
    call(chain -> {
      kept.add(chain);
      entries.add(chain.add(Opcode.NOP));
    });
    assertThrows(IllegalStateException.class, () -> kept.getFirst().add(Opcode.NOP));
    assertThrows(IllegalStateException.class, () -> kept.getFirst().allocate(1));
    assertThrows(IllegalStateException.class, () -> entries.getFirst().length(1));
  }

  @Test
  void anOpcodeThatTheKernelLacksIsNamedWithItsVersion() {
    UnsupportedOperationException lacking =
        assertThrows(UnsupportedOperationException.class, () -> call(chain -> chain.add(Opcode.NOP128)));
    assertTrue(lacking.getMessage().contains("NOP128") && lacking.getMessage().contains("6.19"), lacking.getMessage());
  }

  @Test
  void aClosedDescriptorAndACancelledHandleAreRefused() throws IOException {
    Pipe pipe = Pipe.open(uring);
    pipe.close();
    assertThrows(
        DescriptorClosedException.class,
        () -> uring.custom().call(new Raw(chain -> read(chain, pipe.source())), CallOptions.NONE));
    OperationHandle handle = new OperationHandle();
    handle.cancel();
    assertThrows(
        OperationCancelledException.class,
        () -> uring.custom().call(new Raw(chain -> chain.add(Opcode.NOP)), CallOptions.handle(handle)));
  }

  @Test
  void aFileIsWrittenAndSyncedInOneSubmit() throws IOException {
    Path path = directory.resolve("file");
    try (Descriptor file =
        uring.files().open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      assertEquals(List.of(3, 0), call(chain -> {
        chain.add(Opcode.WRITE, file).memory(chain.allocate(3).fill((byte) 'x'));
        chain.add(Opcode.FSYNC, file);
      }));
    }
    assertEquals("xxx", Files.readString(path));
  }
}
