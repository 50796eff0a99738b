package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.guide.ReadAtOnce;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A chain opens a file into a slot that was reserved, and goes on with it. */
@RunsOnce("how a chain is written has nothing to do with who submits it")
class ReservedSlotTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final int ROUNDS = 100;

  @TempDir private Path directory;
  private ReservedSlot slot;

  @Override
  protected UringConfig config() {
    return super.config().withRings(1).withDirectDescriptors(2);
  }

  @BeforeEach
  void reserve() throws IOException {
    slot = uring.direct().reserve(NONE);
  }

  @AfterEach
  void giveBack() throws IOException {
    slot.close();
  }

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
  }

  private List<Integer> call(Consumer<SqeChain> encoder) throws IOException {
    return uring.custom().call(new Raw(encoder), NONE);
  }

  private StagedSqe open(SqeChain chain, Object path, int flags) {
    return chain.add(Opcode.OPENAT, Constants.AT_FDCWD)
        .address(chain.path(path.toString()))
        .operationFlags(flags)
        .into(slot);
  }

  private StagedSqe write(SqeChain chain, String text) {
    MemorySegment bytes = chain.allocate(text.length());
    bytes.copyFrom(MemorySegment.ofArray(text.getBytes()));
    return chain.add(Opcode.WRITE, slot).memory(bytes).offset(-1);
  }

  private String read(Object path) throws IOException {
    return new String(uring.custom().call(new ReadAtOnce(slot, path.toString(), 100), NONE));
  }

  @Test
  void aFileIsOpenedReadAndClosedInOneSubmit() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "content");
    long submitted = uring.stats().submitted();
    assertEquals("content", read(file));
    assertEquals(submitted + 3, uring.stats().submitted());
    assertEquals(1, uring.direct().inUse(), "the slot stays reserved");
  }

  @Test
  void oneIsMadeWrittenAndSynced() throws IOException {
    Path file = directory.resolve("file");
    assertEquals(List.of(0, 5, 0, 1), call(chain -> {
      open(chain, file, Constants.O_WRONLY | Constants.O_CREAT).length(0600);
      write(chain, "hello");
      chain.add(Opcode.FSYNC, slot);
      chain.close(slot);
    }));
    assertEquals("hello", Files.readString(file));
  }

  /** A pipe ends for its reader when nobody has its other end open: neither the process nor a slot. */
  private void assertNobodyWrites(Pipe pipe) throws IOException {
    pipe.sink().close();
    assertEquals(-1, uring.read(pipe.source(), new byte[9], 0, 9, -1, CallOptions.timeout(Await.LIMIT)));
  }

  private void throughPipe(Consumer<SqeChain> behind, int bytes) throws IOException {
    try (Pipe pipe = Pipe.open(uring)) {
      assertEquals(0, call(chain -> {
        open(chain, "/proc/self/fd/" + pipe.sink().fd(), Constants.O_WRONLY);
        behind.accept(chain);
      }).getFirst());
      assertEquals(bytes, uring.read(pipe.source(), new byte[9], 0, 9, -1, NONE));
      assertNobodyWrites(pipe);
    }
  }

  @Test
  void whatWasOpenedIsClosedByItsEntryOrWhenTheCallEnds() throws IOException {
    throughPipe(chain -> {
      write(chain, "abc");
      chain.close(slot);
    }, 3);
    throughPipe(chain -> write(chain, "ab"), 2);
    throughPipe(chain -> {
      write(chain, "a");
      // Of a pipe: the chain breaks, and its close does not run.
      chain.add(Opcode.FSYNC, slot);
      chain.close(slot);
    }, 1);
    assertFalse(slot.isInUse());
  }

  @Test
  void whereTheOpenFailsNothingBehindItMeetsAFile() throws IOException {
    String missing = directory.resolve("missing").toString();
    assertEquals(List.of(-Errno.ENOENT, -Errno.ECANCELED, -Errno.ECANCELED), call(chain -> {
      open(chain, missing, 0);
      chain.add(Opcode.READ, slot).memory(chain.allocate(8));
      chain.close(slot);
    }));
    assertEquals(List.of(-Errno.ENOENT, -Errno.ECANCELED, -Errno.ECANCELED), call(chain -> {
      open(chain, missing, 0);
      chain.add(Opcode.READ, slot).memory(chain.allocate(8)).hardLink();
      write(chain, "lost");
    }));
    assertEquals("x", read(Files.writeString(directory.resolve("x"), "x")));
  }

  @Test
  void theSlotServesOneChainAfterTheOtherAndIsNobodyElsesBetweenThem() throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      files.add(Files.writeString(directory.resolve("file" + i), "content of " + i));
    }
    Caller other = Caller.virtual(() -> {
      for (int i = 0; i < ROUNDS; i++) {
        try (Descriptor mine = uring.direct().open(files.get(2))) {
          byte[] into = new byte[20];
          assertEquals("content of 2", new String(into, 0, uring.read(mine, into, 0, 20, 0, NONE)));
        }
      }
      return null;
    });
    for (int i = 0; i < ROUNDS; i++) {
      assertEquals("content of " + i % 2, read(files.get(i % 2)));
    }
    other.value();
    try (Descriptor last = uring.direct().open(files.getFirst())) {
      assertTrue(last.isOpen());
      assertThrows(IOException.class, () -> uring.direct().open(files.getFirst()), "the table is full");
      assertEquals("content of 1", read(files.get(1)));
    }
  }

  private Path namedPipe() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    return pipe;
  }

  /** A chain that waits for what nobody writes. */
  private Submission<List<Integer>> submitted(Path pipe, CallOptions options) throws IOException {
    return uring.custom().submit(
        new Raw(chain -> {
          open(chain, pipe, Constants.O_RDWR);
          chain.add(Opcode.READ, slot).memory(chain.allocate(8)).offset(-1).hardLink();
          chain.close(slot);
        }),
        options);
  }

  private Submission<List<Integer>> waiting(Path pipe, CallOptions options) throws IOException {
    Submission<List<Integer>> submission = submitted(pipe, options);
    Await.untilInFlight(uring, OperationKind.CUSTOM, 1);
    return submission;
  }

  @Test
  void oneChainHasItAtATimeAndWhateverEndsThatLeavesItEmpty() throws Exception {
    Path pipe = namedPipe();
    Path file = Files.writeString(directory.resolve("file"), "file");
    Submission<List<Integer>> first = waiting(pipe, NONE);
    assertTrue(slot.isInUse());
    String words = assertThrows(IllegalStateException.class, () -> read(file)).getMessage();
    assertTrue(words.contains("one has it at a time"), words);
    first.close();
    assertEquals("file", read(file));
    Submission<List<Integer>> second = submitted(pipe, CallOptions.timeout(Duration.ofMillis(10)));
    assertThrows(OperationTimeoutException.class, second::join);
    assertEquals("file", read(file));
  }

  @Test
  void aCloseOfTheSlotEndsTheChainThatHasIt() throws Exception {
    Submission<List<Integer>> submission = waiting(namedPipe(), NONE);
    Caller joiner = Caller.virtual(submission::join);
    Await.untilParked(joiner.thread());
    slot.close();
    joiner.thrown(DescriptorClosedException.class);
    assertEquals(0, uring.direct().inUse());
    assertThrows(DescriptorClosedException.class, () -> read(directory));
    assertFalse(slot.isInUse());
  }

  private void assertRefused(Class<? extends RuntimeException> with, String word, Consumer<SqeChain> encoder) {
    String words = assertThrows(with, () -> call(encoder)).getMessage();
    assertTrue(words.contains(word), words);
    assertFalse(slot.isInUse());
  }

  @Test
  void whatASlotIsNotForIsRefusedWithAWordWhy() throws IOException {
    Class<IllegalStateException> state = IllegalStateException.class;
    Class<IllegalArgumentException> argument = IllegalArgumentException.class;
    assertRefused(state, "holds nothing", chain -> chain.add(Opcode.READ, slot));
    assertRefused(state, "holds nothing", chain -> chain.close(slot));
    assertRefused(state, "holds nothing", chain -> {
      open(chain, directory, 0);
      chain.close(slot);
      chain.add(Opcode.READ, slot);
    });
    assertRefused(state, "holds a file", chain -> {
      open(chain, directory, 0);
      open(chain, directory, 0);
    });
    assertRefused(state, "already", chain -> open(chain, directory, 0).direct());
    assertRefused(state, "already", chain ->
        chain.add(Opcode.OPENAT, Constants.AT_FDCWD).address(chain.path("/")).direct().into(slot));
    assertRefused(argument, "hard link", chain -> {
      open(chain, directory, 0).hardLink();
      chain.add(Opcode.FSYNC, slot);
    });
    assertRefused(argument, "opens no file", chain -> chain.add(Opcode.SOCKET, Constants.AF_INET).into(slot));
    assertRefused(argument, "I-7", chain -> {
      open(chain, directory, 0);
      chain.add(Opcode.SEND, slot).memory(chain.allocate(1));
    });
    assertRefused(UnsupportedOperationException.class, "fixedFdInstall", chain -> {
      open(chain, directory, 0);
      chain.add(Opcode.STATX, slot);
    });
    assertRefused(argument, "filesUpdate", chain -> chain.add(Opcode.FILES_UPDATE).length(1));
    try (Uring without = Uring.open(UringConfig.defaults())) {
      assertThrows(IllegalStateException.class, () -> without.direct().reserve(NONE));
    }
  }

  @Test
  void anEntryKeepsWhatWasOpenedAsARegularDescriptor() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "kept");
    Descriptor[] kept = new Descriptor[1];
    uring.custom().call(
        new CustomOperation<Integer>() {
          @Override
          protected void encode(SqeChain chain) {
            open(chain, file, 0);
            chain.add(Opcode.FIXED_FD_INSTALL, slot);
            chain.close(slot);
          }

          @Override
          protected Integer result(ChainResults results) throws IOException {
            kept[0] = results.descriptor(1);
            return results.require(2);
          }
        },
        NONE);
    try (Descriptor descriptor = kept[0]) {
      assertEquals(4, uring.files().status(descriptor, NONE).size());
    }
  }
}
