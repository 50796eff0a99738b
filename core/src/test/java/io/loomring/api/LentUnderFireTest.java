package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.buffer.Resource;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.OperationHandle;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Seed;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Memory that is lent, given up in every way while bytes are on their way, and used again: whoever has it afterwards
 * poisons it, and finds the poison unchanged; the peers never see it; and all of it comes back.
 */
class LentUnderFireTest extends UringTest {
  private static final int WORKERS = 3;
  private static final int PAGES = 48;
  private static final int PAGE_BYTES = 16 * 1024;
  private static final int SMALL_ROOM = 32 * 1024;
  /** In the bytes that travel. */
  private static final byte DATA = 0x77;
  /** In what is lent to be read into. */
  private static final byte BLANK = 0x11;
  /** In what somebody else has by now. */
  private static final byte POISON = (byte) 0xEE;

  private final Queue<Page> free = new ConcurrentLinkedQueue<>();
  private final AtomicInteger left = new AtomicInteger();

  private final class Page implements Resource {
    private final MemorySegment segment = Arena.ofAuto().allocate(PAGE_BYTES, 8);
    private final AtomicInteger out = new AtomicInteger();

    @Override
    public long address() {
      return segment.address();
    }

    @Override
    public long byteSize() {
      return PAGE_BYTES;
    }

    @Override
    public void lent() {
      assertEquals(1, out.incrementAndGet());
    }

    @Override
    public void returned() {
      assertEquals(0, out.decrementAndGet());
    }

    @Override
    public void recycle() {
      left.incrementAndGet();
      poisonAndFree();
    }

    void poisonAndFree() {
      assertEquals(0, out.get());
      segment.fill(POISON);
      free.add(this);
    }

    void fill(byte value) {
      segment.fill(value);
    }

    void check(byte value, int from, int to) {
      MemorySegment expected = MemorySegment.ofArray(new byte[to - from]).fill(value);
      long at = segment.asSlice(from, to - from).mismatch(expected);
      if (at >= 0) {
        assertEquals(value, segment.get(ValueLayout.JAVA_BYTE, from + at), "written to at " + (from + at));
      }
    }
  }

  private Page take() {
    while (true) {
      Page page = free.poll();
      if (page != null) {
        page.check(POISON, 0, PAGE_BYTES);
        return page;
      }
      // What was dropped comes back only then.
      System.gc();
      Thread.yield();
    }
  }

  enum Way {
    CALL, CALL_TIMED, CALL_CANCELLED, CALL_INTERRUPTED, CALL_CLOSED, JOIN, CANCEL_AND_JOIN, CLOSE, DROP, TRANSFER,
    TRANSFER_CANCELLED, TRANSFER_CLOSED, TRANSFER_DROPPED
  }

  @Test
  void nothingIsWrittenAfterItsReleaseAndNothingIsLeaked() throws IOException {
    fire(500);
  }

  @Tag("long")
  @Test
  void nothingIsWrittenAfterItsReleaseAndNothingIsLeakedOverAndOver() throws IOException {
    fire(10_000);
  }

  private void fire(int rounds) throws IOException {
    long lendsBefore = Lending.lends();
    long seed = Seed.announced("lent under fire");
    for (int i = 0; i < PAGES; i++) {
      new Page().poisonAndFree();
    }
    List<Worker> workers = new ArrayList<>();
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < WORKERS; i++) {
      Worker worker = new Worker(Seed.of(seed + i));
      workers.add(worker);
      callers.add(Caller.virtual(() -> {
        worker.run(rounds / WORKERS);
        return null;
      }));
    }
    for (Caller caller : callers) {
      Await.until("rounds of " + caller.thread(), () -> caller.isDone() || progress(workers));
      while (!caller.isDone()) {
        Await.until("no round is made", () -> caller.isDone() || progress(workers));
      }
      caller.value();
    }
    for (Worker worker : workers) {
      worker.disconnect();
    }
    Await.until(() -> free.size() + " of " + PAGES + " pages are back", () -> {
      if (free.size() < PAGES) {
        System.gc();
      }
      return free.size() == PAGES;
    });
    for (Page page : free) {
      page.check(POISON, 0, PAGE_BYTES);
    }
    assertTrue(left.get() > 0);
    assertEquals(lendsBefore, Lending.lends());
  }

  private int seen;

  private boolean progress(List<Worker> workers) {
    int done = workers.stream().mapToInt(worker -> worker.done.get()).sum();
    boolean more = done > seen;
    seen = done;
    return more;
  }

  /** One connection, used for one lend after the other. */
  private final class Worker {
    private final RandomGenerator random;
    private final AtomicInteger done = new AtomicInteger();
    private final List<Page> kept = new ArrayList<>();
    private @Nullable Pair pair;
    private @Nullable Caller reader;

    Worker(RandomGenerator random) {
      this.random = random;
    }

    private Pair connect() throws IOException {
      Pair mine = pair;
      if (mine == null) {
        try (Descriptor listener = Connections.listener(uring)) {
          SocketCalls.setOption(listener, Constants.SOL_SOCKET, Constants.SO_RCVBUF, SMALL_ROOM);
          mine = Connections.pair(uring, listener);
        }
        Descriptor from = mine.server();
        pair = mine;
        reader = Caller.virtual(() -> readAll(from));
      }
      return mine;
    }

    /** The peer sees what was lent, and never what became of the memory afterwards. */
    private int readAll(Descriptor from) {
      byte[] bytes = new byte[3000];
      try {
        while (true) {
          int count = from.isOpen() ? uring.recv(from, bytes, 0, bytes.length) : -1;
          for (int i = 0; i < count; i++) {
            assertEquals(DATA, bytes[i]);
          }
          if (count < 0) {
            return 0;
          }
        }
      } catch (IOException closed) {
        return 0;
      }
    }

    void disconnect() throws IOException {
      if (pair != null) {
        pair.close();
        pair = null;
      }
      if (reader != null) {
        reader.value();
      }
    }

    void run(int rounds) throws IOException {
      Way[] ways = Way.values();
      for (int i = 0; i < rounds; i++) {
        round(ways[random.nextInt(ways.length)], random.nextBoolean());
        done.incrementAndGet();
      }
      kept.forEach(this::release);
    }

    private void release(Page page) {
      page.check(BLANK, 0, PAGE_BYTES);
      page.poisonAndFree();
    }

    /** What came back is kept for a while, and must stay as it is. */
    private void keep(Page page) {
      page.fill(BLANK);
      kept.add(page);
      if (kept.size() > 4) {
        release(kept.removeFirst());
      }
    }

    private void round(Way way, boolean sends) throws IOException {
      Pair mine = connect();
      Page page = take();
      page.fill(sends ? DATA : BLANK);
      DataOperation what = !sends
          ? DataOperation.recv(mine.client())
          : random.nextInt(4) == 0 ? DataOperation.sendZeroCopy(mine.client()) : DataOperation.send(mine.client());
      boolean bytesCome = !sends && random.nextBoolean();
      int some = 1 + random.nextInt(PAGE_BYTES);
      Caller peer = bytesCome ? Caller.virtual(() -> sendSome(mine.server(), some)) : null;
      OperationHandle handle = new OperationHandle();
      CallOptions options = way == Way.CALL_TIMED
          ? CallOptions.timeout(Duration.ofNanos(random.nextInt(1_000_000)))
          : CallOptions.handle(handle);
      Lending lending = uring.lending();
      switch (way) {
        case CALL, CALL_TIMED, CALL_CANCELLED, CALL_INTERRUPTED, CALL_CLOSED -> {
          Caller caller = Caller.virtual(() -> count(() -> lending.call(what, page, options)));
          dawdle();
          switch (way) {
            case CALL_INTERRUPTED -> caller.thread().interrupt();
            case CALL_CLOSED -> disconnect();
            // A send is taken by the peer; what was to be received comes to its end.
            case CALL -> uring.shutdown(mine.client(), Constants.SHUT_RD);
            case CALL_CANCELLED -> handle.cancel();
            default -> { }
          }
          back(page, sends, (Integer) caller.value());
          if (way == Way.CALL) {
            disconnect();
          }
        }
        case JOIN, CANCEL_AND_JOIN -> {
          try (Loan loan = lending.submit(what, page, options)) {
            dawdle();
            if (way == Way.CANCEL_AND_JOIN || !sends) {
              awaitPeer(way == Way.JOIN ? peer : null);
              loan.cancel();
            }
            back(page, sends, count(loan::join));
          }
        }
        case TRANSFER, TRANSFER_CANCELLED -> {
          try (Transfer<Page> transfer = lending.transfer(what, page, options)) {
            dawdle();
            if (way == Way.TRANSFER_CANCELLED || !sends) {
              awaitPeer(way == Way.TRANSFER ? peer : null);
              transfer.cancel();
            }
            Transfer.Returned<Page> returned = transfer.join();
            back(returned.resource(), sends, count(returned::bytes));
          }
        }
        case CLOSE -> {
          Loan loan = lending.submit(what, page, options);
          dawdle();
          loan.close();
        }
        case TRANSFER_CLOSED -> {
          Transfer<Page> transfer = lending.transfer(what, page, options);
          dawdle();
          transfer.close();
        }
        case DROP -> assertTrue(lending.submit(what, page, options).toString().startsWith("Loan"));
        default -> assertTrue(lending.transfer(what, page, options).toString().startsWith("Transfer"));
      }
      awaitPeer(peer);
      if (random.nextInt(64) == 0) {
        System.gc();
      }
    }

    /** A reset, or no room, is as good as any other end. */
    private static void awaitPeer(@Nullable Caller peer) {
      Throwable thrown = peer == null ? null : peer.thrown();
      assertTrue(thrown == null || thrown instanceof IOException, () -> "the peer threw " + thrown);
    }

    private void dawdle() {
      for (int i = random.nextInt(4); i > 0; i--) {
        Thread.yield();
      }
    }

    private int sendSome(Descriptor to, int count) throws IOException {
      byte[] bytes = new byte[count];
      Arrays.fill(bytes, DATA);
      uring.send(to, MemorySegment.ofArray(bytes), CallOptions.timeout(Duration.ofMillis(2)));
      return bytes.length;
    }

    /** It is the caller's again: as it was, but for what came. */
    private void back(Page page, boolean sends, int count) {
      if (sends) {
        page.check(DATA, 0, PAGE_BYTES);
      } else {
        page.check(DATA, 0, Math.max(0, count));
        page.check(BLANK, Math.max(0, count), PAGE_BYTES);
      }
      keep(page);
    }
  }

  @FunctionalInterface
  private interface Moving {
    int move() throws IOException;
  }

  /** How many bytes; none where it was ended. */
  private static int count(Moving call) {
    try {
      return call.move();
    } catch (IOException ended) {
      return 0;
    }
  }
}
