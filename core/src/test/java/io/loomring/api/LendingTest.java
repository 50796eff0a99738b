package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.Recycler;
import io.loomring.buffer.Resource;
import io.loomring.buffer.UringArena;
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
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Memory that is lent to the kernel as it is: whose it is, whatever ends the operation. */
class LendingTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;

  @TempDir Path directory;

  private Lending lending;
  private Pair pair;
  private long lendsBefore;

  @BeforeEach
  void connect() throws IOException {
    lendsBefore = Lending.lends();
    lending = uring.lending();
    pair = Connections.pair(uring);
  }

  @AfterEach
  void nothingIsLent() throws IOException {
    pair.close();
    Await.until(() -> Lending.lends() - lendsBefore + " lends are out", () -> Lending.lends() == lendsBefore);
  }

  /** Memory of a user's own type, and what was said to it. */
  private static final class Page implements Resource {
    final MemorySegment segment = Arena.ofAuto().allocate(4096, 8);
    final AtomicInteger out = new AtomicInteger();
    final AtomicInteger recycled = new AtomicInteger();
    volatile @Nullable Thread recycler;

    @Override
    public long address() {
      return segment.address();
    }

    @Override
    public long byteSize() {
      return segment.byteSize();
    }

    @Override
    public void lent() {
      out.incrementAndGet();
    }

    @Override
    public void returned() {
      out.decrementAndGet();
    }

    @Override
    public void recycle() {
      recycler = Thread.currentThread();
      recycled.incrementAndGet();
    }
  }

  private static MemorySegment automatic(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    MemorySegment segment = Arena.ofAuto().allocate(bytes.length);
    segment.copyFrom(MemorySegment.ofArray(bytes));
    return segment;
  }

  private static String text(MemorySegment segment, int count) {
    return new String(segment.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
  }

  private void send(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    uring.send(pair.server(), bytes, 0, bytes.length);
  }

  // ---- what can be lent

  @Test
  void anAutomaticSegmentTravelsWithoutABuffer() throws IOException {
    MemorySegment into = Arena.ofAuto().allocate(100);
    Caller reader = Caller.virtual(() -> lending.recv(pair.client(), into, NONE));
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    assertEquals(0, uring.stats().buffersLent(), "no copy is made");
    assertEquals(lendsBefore + 1, Lending.lends());
    assertEquals(5, lending.send(pair.server(), automatic("hello"), NONE));
    assertEquals(5, reader.value());
    assertEquals("hello", text(into, 5));
  }

  @Test
  void soDoMemoryOfTheLibrarysArenaAndDirectBuffersAndLeases() throws IOException {
    try (UringArena arena = UringArena.open()) {
      MemorySegment segment = arena.allocate(100);
      Caller reader = Caller.platform(() -> lending.recv(pair.client(), segment, NONE));
      Await.untilInFlight(uring, OperationKind.RECV, 1);
      assertEquals(1, arena.lends());
      assertFalse(arena.tryClose());
      send("arena");
      assertEquals(5, reader.value());
      assertEquals(0, arena.lends());
    }
    ByteBuffer direct = ByteBuffer.allocateDirect(10).position(2);
    send("direct");
    assertEquals(6, lending.recv(pair.client(), direct, NONE));
    assertEquals(8, direct.position());
    assertEquals(6, lending.send(pair.client(), direct.flip().position(2), NONE));
    assertEquals(0, direct.remaining());
    assertEquals(6, uring.recv(pair.server(), new byte[10], 0, 10));
    Buffer lease = uring.buffers().acquire(100);
    send("lease");
    assertEquals(5, lending.recv(pair.client(), lease, NONE));
    assertEquals(3, lending.send(pair.client(), lease.slice(2, 3), NONE));
    byte[] got = new byte[3];
    assertEquals(3, uring.recv(pair.server(), got, 0, 3));
    assertEquals("ase", new String(got, StandardCharsets.US_ASCII));
    uring.buffers().release(lease);
  }

  @Test
  void whatCannotBeLentIsCopied() throws IOException {
    try (Arena shared = Arena.ofShared(); Arena confined = Arena.ofConfined()) {
      for (MemorySegment into : new MemorySegment[] {
          shared.allocate(100), confined.allocate(100), MemorySegment.ofArray(new byte[100])}) {
        MemorySegment from = shared.allocateFrom("copied");
        assertEquals(7, lending.send(pair.server(), from, NONE));
        assertEquals(7, lending.recv(pair.client(), into, NONE));
        assertEquals("copied", text(into, 6));
      }
      ByteBuffer heap = ByteBuffer.wrap("heap".getBytes(StandardCharsets.US_ASCII));
      assertEquals(4, lending.send(pair.server(), heap, NONE));
      assertEquals(4, heap.position());
      assertEquals(4, lending.recv(pair.client(), heap.clear(), NONE));
      assertEquals(4, heap.position());
      Caller reader = Caller.virtual(() -> lending.recv(pair.client(), shared.allocate(100), NONE));
      Await.untilInFlight(uring, OperationKind.RECV, 1);
      assertEquals(1, uring.stats().buffersLent(), "a copy is made");
      send("x");
      assertEquals(1, reader.value());
    }
  }

  @Test
  void filesAreReadAndWrittenWithoutABuffer() throws IOException {
    try (Descriptor file = uring.files().open(
        directory.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      assertEquals(9, lending.write(file, automatic("something"), 5, NONE));
      MemorySegment into = Arena.ofAuto().allocate(100);
      assertEquals(4, lending.read(file, into.asSlice(0, 4), 10, NONE));
      assertEquals("hing", text(into, 4));
      assertEquals(-1, lending.read(file, into, 14, NONE));
      ByteBuffer direct = ByteBuffer.allocateDirect(14);
      assertEquals(14, lending.read(file, direct, 0, NONE));
      assertEquals(14, lending.write(file, direct.flip(), 14, NONE));
      Page page = new Page();
      assertEquals(28, lending.read(file, page, 0, NONE));
      assertEquals(20, lending.write(file, page.slice(0, 20), 0, NONE));
      assertEquals(0, page.out.get());
      assertEquals(0, page.recycled.get());
    }
  }

  @Test
  void whatHasNoBytesIsDoneAtOnce() throws IOException {
    MemorySegment empty = Arena.ofAuto().allocate(0);
    assertEquals(0, lending.recv(pair.client(), empty, NONE));
    assertEquals(0, lending.send(pair.client(), empty, NONE));
    assertEquals(0, lending.recv(pair.client(), ByteBuffer.allocateDirect(0), NONE));
    assertThrows(IllegalArgumentException.class,
        () -> lending.submit(DataOperation.recv(pair.client()), Resource.of(empty), NONE));
  }

  @Test
  void theEndOfTheStreamIsTold() throws IOException {
    pair.server().close();
    assertEquals(-1, lending.recv(pair.client(), new Page(), NONE));
    assertEquals(-1, lending.submit(DataOperation.recv(pair.client()), new Page(), NONE).join());
    assertEquals(-1, lending.transfer(DataOperation.recv(pair.client()), new Page(), NONE).join().bytes());
  }

  @Test
  void aSendWithoutACopyInTheKernelReturnsWhenThePeerHasIt() throws IOException {
    Page page = new Page();
    page.segment.fill((byte) 7);
    Caller sender = Caller.virtual(() -> lending.sendZeroCopy(pair.client(), page, NONE));
    byte[] got = new byte[4096];
    int done = 0;
    while (done < got.length) {
      done += uring.recv(pair.server(), got, done, got.length - done);
    }
    assertEquals(4096, sender.value());
    assertEquals(7, got[4095]);
    assertEquals(0, page.out.get());
  }

  // ---- what is not allowed

  @Test
  void aSecondLendThatIsWrittenToIsRefusedAndNamesBoth() throws IOException {
    Page page = new Page();
    Caller reader = Caller.virtual(() -> lending.recv(pair.client(), page, NONE));
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    Descriptor other = pair.server();
    for (Resource part : new Resource[] {page, page.slice(4095, 1), Resource.of(page.segment.asSlice(100, 10))}) {
      IllegalStateException refused =
          assertThrows(IllegalStateException.class, () -> lending.recv(other, part, NONE));
      assertTrue(refused.getMessage().contains("recv on " + pair.client()), refused::getMessage);
      assertTrue(refused.getMessage().contains("recv on " + other), refused::getMessage);
      assertThrows(IllegalStateException.class, () -> lending.send(other, part, NONE));
      assertThrows(IllegalStateException.class, () -> lending.submit(DataOperation.recv(other), part, NONE));
      assertThrows(IllegalStateException.class, () -> lending.transfer(DataOperation.recv(other), part, NONE));
    }
    send("x");
    assertEquals(1, reader.value());
    assertEquals(0, page.out.get());
  }

  @Test
  void whatIsOnlyReadIsLentToManyAtOnce() throws IOException {
    Page page = new Page();
    Pipe one = Pipe.open(uring);
    Pipe two = Pipe.open(uring);
    one.fill();
    two.fill();
    Loan first = lending.submit(DataOperation.write(one.sink(), -1), page, NONE);
    Loan second = lending.submit(DataOperation.write(two.sink(), -1), page.slice(10, 10), NONE);
    assertEquals(2, page.out.get());
    assertThrows(IllegalStateException.class, () -> lending.recv(pair.client(), page, NONE));
    assertEquals(OperationHandle.Answer.CANCELLED, first.cancel());
    assertEquals(OperationHandle.Answer.CANCELLED, second.cancel());
    assertThrows(OperationCancelledException.class, first::join);
    assertThrows(OperationCancelledException.class, second::join);
    assertEquals(0, page.out.get());
    one.close();
    two.close();
  }

  @Test
  void memoryOfTheWrongSortIsRefusedWithWords() throws IOException {
    MemorySegment readOnly = Arena.ofAuto().allocate(10).asReadOnly();
    assertThrows(IllegalArgumentException.class, () -> lending.recv(pair.client(), readOnly, NONE));
    assertEquals(10, lending.send(pair.client(), readOnly, NONE));
    assertThrows(ReadOnlyBufferException.class,
        () -> lending.recv(pair.client(), ByteBuffer.allocateDirect(10).asReadOnlyBuffer(), NONE));
    UringArena arena = UringArena.open();
    MemorySegment freed = arena.allocate(10);
    Resource freedResource = Resource.of(freed);
    arena.close();
    assertThrows(IllegalStateException.class, () -> lending.recv(pair.client(), freed, NONE));
    assertThrows(IllegalStateException.class, () -> lending.recv(pair.client(), freedResource, NONE));
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment another = confined.allocate(10);
      Caller.virtual(() -> lending.recv(pair.client(), another, NONE)).thrown(WrongThreadException.class);
      Caller.virtual(() -> lending.send(pair.client(), another, NONE)).thrown(WrongThreadException.class);
    }
    Buffer given = uring.buffers().acquire(10);
    uring.buffers().release(given);
    assertThrows(IllegalStateException.class, () -> lending.recv(pair.client(), given, NONE));
  }

  @Test
  void aLeaseCannotBeGivenBackWhileItIsLent() throws IOException {
    Buffer lease = uring.buffers().acquire(100);
    Loan loan = lending.submit(DataOperation.recv(pair.client()), lease, NONE);
    assertThrows(IllegalStateException.class, () -> uring.buffers().release(lease));
    send("x");
    assertEquals(1, loan.join());
    uring.buffers().release(lease);
  }

  @Test
  void whatIsRefusedAtTheStartIsNotLent() throws IOException {
    Page page = new Page();
    OperationHandle cancelled = new OperationHandle();
    cancelled.cancel();
    CallOptions options = CallOptions.handle(cancelled);
    assertThrows(OperationCancelledException.class, () -> lending.recv(pair.client(), page, options));
    assertThrows(OperationCancelledException.class,
        () -> lending.submit(DataOperation.recv(pair.client()), page, options));
    OperationHandle used = new OperationHandle();
    send("x");
    assertEquals(1, lending.recv(pair.client(), page, CallOptions.handle(used)));
    assertThrows(IllegalStateException.class, () -> lending.recv(pair.client(), page, CallOptions.handle(used)));
    pair.client().close();
    assertThrows(DescriptorClosedException.class, () -> lending.recv(pair.client(), page, NONE));
    assertThrows(DescriptorClosedException.class,
        () -> lending.transfer(DataOperation.recv(pair.client()), page, NONE));
    assertEquals(0, page.out.get());
    assertEquals(0, page.recycled.get());
  }

  // ---- how it ends

  enum End {
    DATA, TIMEOUT, CANCEL, INTERRUPT, CLOSE
  }

  private CallOptions options(End end, OperationHandle handle) {
    CallOptions options = CallOptions.handle(handle);
    return end == End.TIMEOUT ? options.withTimeout(Duration.ofMillis(20)) : options;
  }

  private @Nullable Class<? extends IOException> bring(End end, Caller caller, OperationHandle handle)
      throws IOException {
    if (end != End.TIMEOUT) {
      awaitInKernel(1);
      Await.untilParked(caller.thread());
    }
    switch (end) {
      case DATA -> send("x");
      case CANCEL -> assertEquals(OperationHandle.Answer.CANCELLED, handle.cancel());
      case INTERRUPT -> caller.thread().interrupt();
      case CLOSE -> pair.client().close();
      default -> { }
    }
    return switch (end) {
      case DATA -> null;
      case TIMEOUT -> OperationTimeoutException.class;
      case CANCEL -> OperationCancelledException.class;
      case INTERRUPT -> OperationInterruptedException.class;
      case CLOSE -> DescriptorClosedException.class;
    };
  }

  private static void ended(Caller caller, @Nullable Class<? extends IOException> expected) {
    if (expected == null) {
      assertEquals(1, caller.value());
    } else {
      caller.thrown(expected);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCallHasItsMemoryBackHoweverItEnds(End end) throws IOException {
    Page page = new Page();
    OperationHandle handle = new OperationHandle();
    Caller caller = Caller.virtual(() -> lending.recv(pair.client(), page, options(end, handle)));
    ended(caller, bring(end, caller, handle));
    assertEquals(0, page.out.get());
    assertEquals(0, page.recycled.get(), "it is the caller's");
  }

  @ParameterizedTest
  @EnumSource
  void aLoanThatIsJoinedGivesItBackHoweverItEnds(End end) throws IOException {
    Page page = new Page();
    OperationHandle handle = new OperationHandle();
    Loan loan = lending.submit(DataOperation.recv(pair.client()), page, options(end, handle));
    assertFalse(loan.isDone() && end != End.TIMEOUT);
    Caller caller = Caller.virtual(loan::join);
    ended(caller, bring(end, caller, handle));
    assertTrue(loan.isDone());
    assertEquals(0, page.out.get());
    loan.close();
    assertEquals(0, page.recycled.get());
    assertThrows(IllegalStateException.class, loan::join);
  }

  @ParameterizedTest
  @EnumSource
  void aTransferIsHandedBackByItsCompletionHoweverItEnds(End end) throws IOException {
    Page page = new Page();
    OperationHandle handle = new OperationHandle();
    Transfer<Page> transfer = lending.transfer(DataOperation.recv(pair.client()), page, options(end, handle));
    Caller caller = Caller.virtual(transfer::join);
    @Nullable Class<? extends IOException> expected = bring(end, caller, handle);
    Transfer.Returned<?> returned = (Transfer.Returned<?>) caller.value();
    assertNotNull(returned);
    assertSame(page, returned.resource());
    if (expected == null) {
      assertEquals(1, returned.bytes());
      assertEquals("x", text(page.segment, 1));
    } else {
      assertThrows(expected, returned::bytes);
    }
    assertEquals(0, page.out.get());
    transfer.close();
    assertEquals(0, page.recycled.get());
    assertThrows(IllegalStateException.class, transfer::join);
  }

  @Test
  void aBrokenConnectionHandsATransferBackWithItsException() throws IOException {
    Page page = new Page();
    pair.client().close();
    Descriptor listener = Connections.listener(uring);
    Transfer.Returned<Page> returned = lending.transfer(DataOperation.recv(listener), page, NONE).join();
    assertSame(page, returned.resource());
    assertThrows(IOException.class, returned::bytes);
    listener.close();
  }

  // ---- who leaves

  @Test
  void whoLeavesHasTheMemoryRecycledWhenTheKernelHasLetGo() throws IOException {
    Page lent = new Page();
    Page given = new Page();
    lending.submit(DataOperation.recv(pair.client()), lent, NONE).close();
    lending.transfer(DataOperation.recv(pair.server()), given, NONE).close();
    for (Page page : new Page[] {lent, given}) {
      Await.until("it is recycled", () -> page.recycled.get() == 1);
      assertEquals(0, page.out.get());
      Thread recycler = page.recycler;
      assertNotNull(recycler);
      assertEquals(Recycler.THREAD_NAME, recycler.getName(), "off the poller");
    }
  }

  @Test
  void whoLeavesAfterTheEndHasItRecycledToo() throws IOException {
    Page page = new Page();
    Loan loan = lending.submit(DataOperation.recv(pair.client()), page, NONE);
    send("x");
    Await.until("it has ended", loan::isDone);
    assertEquals(1, page.out.get());
    loan.close();
    loan.close();
    Await.until("it is recycled", () -> page.recycled.get() == 1);
    assertThrows(IllegalStateException.class, loan::join);
  }

  @Test
  void whoLeavesASendThatThePeerDoesNotTakeDoesNotWait() throws IOException {
    try (Pair narrow = Connections.narrowPair(uring)) {
      Connections.fillForGood(uring, narrow.client());
      Page page = new Page();
      Loan loan = lending.submit(DataOperation.sendZeroCopy(narrow.client()), page, NONE);
      awaitInKernel(1);
      loan.close();
      Await.until("it is recycled", () -> {
        // What waits is that the kernel lets go (K-79), not who left.
        Connections.takeAll(narrow.server());
        return page.recycled.get() == 1;
      });
    }
  }

  @Test
  void aLoanThatNobodyCanReachIsLeft() throws IOException {
    Page lent = new Page();
    Page given = new Page();
    drop(lent, given);
    Await.until("both are recycled", () -> {
      System.gc();
      return lent.recycled.get() == 1 && given.recycled.get() == 1;
    });
    assertEquals(0, lent.out.get());
    assertEquals(0, given.out.get());
  }

  private void drop(Page lent, Page given) throws IOException {
    assertNotNull(lending.submit(DataOperation.recv(pair.client()), lent, NONE));
    assertNotNull(lending.transfer(DataOperation.recv(pair.server()), given, NONE));
  }

  @Test
  void aHookThatThrowsHarmsNothing() throws IOException {
    Resource throwing = new Resource() {
      private final MemorySegment segment = Arena.ofAuto().allocate(100);

      @Override
      public long address() {
        return segment.address();
      }

      @Override
      public long byteSize() {
        return segment.byteSize();
      }

      @Override
      public void returned() {
        throw new IllegalStateException("for the test");
      }

      @Override
      public void recycle() {
        throw new AssertionError("for the test");
      }
    };
    send("x");
    assertEquals(1, lending.recv(pair.client(), throwing, NONE));
    lending.submit(DataOperation.recv(pair.client()), throwing, NONE).close();
    Await.until("it is back", () -> Lending.lends() == lendsBefore);
    Page page = new Page();
    lending.submit(DataOperation.recv(pair.client()), page, NONE).close();
    Await.until("the next one is recycled", () -> page.recycled.get() == 1);
  }

  @Test
  void anArenaThatIsClosedWaitsForItsLoan() throws IOException {
    UringArena arena = UringArena.open(Await.LIMIT);
    MemorySegment segment = arena.allocate(100);
    Loan loan = lending.submit(DataOperation.recv(pair.client()), Resource.of(segment), NONE);
    Caller closer = Caller.virtual(() -> {
      arena.close();
      return null;
    });
    Await.untilParked(closer.thread());
    assertTrue(segment.scope().isAlive());
    loan.close();
    assertNull(closer.value());
    assertFalse(segment.scope().isAlive());
  }

  @Test
  void aUringThatIsClosedEndsItsLoans() throws IOException {
    Page joined = new Page();
    Page left = new Page();
    // Whose ends nobody else closes first.
    Descriptor quiet = uring.socket(Constants.AF_INET, Constants.SOCK_DGRAM, 0);
    Loan loan = lending.submit(DataOperation.recv(quiet), joined, NONE);
    lending.submit(DataOperation.recv(pair.server()), left, NONE).close();
    uring.close();
    assertThrows(DescriptorClosedException.class, loan::join);
    assertEquals(0, joined.out.get());
    Await.until("it is recycled", () -> left.recycled.get() == 1);
    assertThrows(IOException.class, () -> lending.submit(DataOperation.recv(pair.client()), left, NONE));
  }
}
