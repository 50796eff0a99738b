package io.loomring.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.CallOptions;
import io.loomring.api.ChainResults;
import io.loomring.api.CustomOperation;
import io.loomring.api.DataOperation;
import io.loomring.api.Lending;
import io.loomring.api.Loan;
import io.loomring.api.SqeChain;
import io.loomring.api.Transfer;
import io.loomring.buffer.Resource;
import io.loomring.buffer.UringArena;
import io.loomring.fd.Descriptor;
import io.loomring.ring.Opcode;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** What the page on lent memory shows. */
@RunsOnce("the driver makes no difference to what a guide shows")
class LentMemoryGuideTest extends UringTest {
  private long pump(Descriptor from, Descriptor to) throws IOException {
    Lending lending = uring.lending();
    long total = 0;
    try (UringArena arena = UringArena.open()) {
      MemorySegment page = arena.allocate(64 * 1024, 4096);
      int count = lending.recv(from, page, CallOptions.NONE);
      while (count > 0) {
        total += lending.send(to, page.asSlice(0, count), CallOptions.NONE);
        count = lending.recv(from, page, CallOptions.NONE);
      }
    }
    return total;
  }

  @Test
  void bytesGoFromOneSocketToAnotherThroughMemoryOfTheCallers() throws IOException {
    Pair in = Connections.pair(uring);
    Pair out = Connections.pair(uring);
    Caller pump = Caller.virtual(() -> pump(in.server(), out.client()));
    uring.send(in.client(), new byte[1000], 0, 1000);
    in.client().close();
    assertEquals(1000L, pump.value());
    in.close();
    out.close();
  }

  @Test
  void whoLeavesHasTheBlockRecycled() throws Exception {
    Queue<NativeBlock> free = new ConcurrentLinkedQueue<>();
    NativeBlock block = new NativeBlock(Arena.ofAuto().allocate(100), free);
    Lending lending = uring.lending();
    Pair pair = Connections.pair(uring);
    Descriptor socket = pair.client();
    try (Loan loan = lending.submit(DataOperation.recv(socket), block, CallOptions.NONE)) {
      if (somethingBetterCameUp()) {
        return;
      }
      process(block, loan.join());
    } finally {
      Await.until("it is back", () -> free.peek() == block);
      pair.close();
    }
  }

  private static boolean somethingBetterCameUp() {
    return true;
  }

  private static void process(NativeBlock block, int count) {
    assertTrue(count <= block.byteSize());
  }

  @Test
  void theCompletionHandsATransferBack() throws IOException {
    Queue<NativeBlock> free = new ConcurrentLinkedQueue<>();
    NativeBlock block = new NativeBlock(Arena.ofAuto().allocate(100), free);
    Lending lending = uring.lending();
    Pipe pipe = Pipe.open(uring);
    Descriptor file = pipe.source();
    uring.write(pipe.sink(), new byte[50], 0, 50, -1, CallOptions.NONE);
    Transfer<NativeBlock> transfer = lending.transfer(DataOperation.read(file, -1), block, CallOptions.NONE);
    Transfer.Returned<NativeBlock> returned = transfer.join();
    process(returned.resource(), returned.bytes());
    assertSame(block, returned.resource());
    assertEquals(50, returned.bytes());
    assertTrue(free.isEmpty());
    pipe.close();
  }

  /** Moves a block from one file to another in one submit. */
  private static final class Move extends CustomOperation<Integer> {
    private final Descriptor from;
    private final Descriptor to;
    private final Resource block;

    Move(Descriptor from, Descriptor to, Resource block) {
      this.from = from;
      this.to = to;
      this.block = block;
    }

    @Override
    protected void encode(SqeChain chain) {
      chain.lend(block);
      chain.add(Opcode.READ, from).memory(block).offset(-1);
      chain.add(Opcode.WRITE, to).memory(block).offset(-1);
    }

    @Override
    protected Integer result(ChainResults results) throws IOException {
      results.require(0);
      return results.require(1);
    }
  }

  @Test
  void aChainIsLentABlock() throws IOException {
    Pipe one = Pipe.open(uring);
    Pipe two = Pipe.open(uring);
    uring.write(one.sink(), new byte[100], 0, 100, -1, CallOptions.NONE);
    Resource block = Resource.of(Arena.ofAuto().allocate(100));
    assertEquals(100, uring.custom().call(new Move(one.source(), two.sink(), block), CallOptions.NONE));
    one.close();
    two.close();
  }

  @Test
  void thePageShowsTheSourceThatIsCompiled() throws IOException {
    GuideCode.assertCompiled("lent-memory.md", 5, "LentMemoryGuideTest.java", "NativeBlock.java");
  }
}
