package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.fd.Descriptor;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operations of a user's own name direct descriptors, and make them. */
@RunsOnce("how a chain is written has nothing to do with who submits it")
class DirectChainTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;

  @TempDir
  private Path directory;

  @Override
  protected UringConfig config() {
    return super.config().withRings(1).withDirectDescriptors(2);
  }

  /** A chain that a lambda writes, with the results as they are, and what it made. */
  private static final class Raw extends CustomOperation<List<Integer>> {
    private final Consumer<SqeChain> encoder;
    final List<Descriptor> made = new ArrayList<>();
    private final int takes;

    Raw(int takes, Consumer<SqeChain> encoder) {
      this.takes = takes;
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
      for (int i = 0; i < takes; i++) {
        made.add(results.descriptor(i));
      }
      return all;
    }
  }

  private List<Integer> call(Consumer<SqeChain> encoder) throws IOException {
    return uring.custom().call(new Raw(0, encoder), NONE);
  }

  private static StagedSqe write(SqeChain chain, Descriptor to, String text) {
    MemorySegment bytes = chain.allocate(text.length());
    bytes.copyFrom(MemorySegment.ofArray(text.getBytes()));
    return chain.add(Opcode.WRITE, to).memory(bytes);
  }

  private void assertRefused(Class<? extends RuntimeException> with, String word, Consumer<SqeChain> encoder) {
    String words = assertThrows(with, () -> call(encoder)).getMessage();
    assertTrue(words.contains(word), words);
  }

  @Test
  void theEntriesOfAChainNameBothKinds() throws IOException {
    Path one = directory.resolve("one");
    Path other = directory.resolve("other");
    StandardOpenOption[] options = {StandardOpenOption.CREATE, StandardOpenOption.WRITE};
    try (Descriptor direct = uring.direct().open(one, options);
        Descriptor regular = uring.files().open(other, options)) {
      assertEquals(List.of(3, 2, 4, 0), call(chain -> {
        write(chain, regular, "abc");
        write(chain, direct, "de");
        write(chain, regular, "fghi").offset(3);
        chain.add(Opcode.FSYNC, direct);
      }));
    }
    assertEquals("de", Files.readString(one));
    assertEquals("abcfghi", Files.readString(other));
  }

  @Test
  void anEntryMakesADirectDescriptor() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "content");
    Raw operation = new Raw(2, chain -> {
      chain.add(Opcode.OPENAT, Constants.AT_FDCWD).address(chain.path(file.toString())).direct();
      chain.add(Opcode.SOCKET, Constants.AF_INET).offset(Constants.SOCK_STREAM).direct();
    });
    uring.custom().call(operation, NONE);
    Descriptor opened = operation.made.getFirst();
    assertTrue(opened.isDirect());
    assertEquals(7, uring.read(opened, new byte[10], 0, 10, 0, NONE));
    assertEquals(2, uring.direct().inUse());
    Raw another = new Raw(1, chain -> chain.add(Opcode.SOCKET, Constants.AF_INET).direct());
    String words = assertThrows(IOException.class, () -> uring.custom().call(another, NONE)).getMessage();
    assertTrue(words.contains("ENFILE"), words);
    opened.close();
    operation.made.getLast().close();
  }

  @Test
  void whatAnEntryMadeAndNobodyTookIsClosed() throws IOException {
    String path = directory.toString();
    for (int i = 0; i < 5; i++) {
      assertTrue(call(chain ->
          chain.add(Opcode.OPENAT, Constants.AT_FDCWD).address(chain.path(path)).direct()).getFirst() >= 0);
      assertEquals(0, uring.direct().inUse());
    }
    assertTrue(call(chain ->
        chain.add(Opcode.OPENAT, Constants.AT_FDCWD).address(chain.path(path + "/missing")).direct()).getFirst() < 0);
  }

  @Test
  void anEntrySplicesFromADirectPipe() throws IOException {
    PipeEnds from = uring.direct().pipe(NONE);
    PipeEnds to = uring.pipes().open(NONE);
    assertEquals(List.of(2, 2), call(chain -> {
      write(chain, from.sink(), "xy").offset(-1);
      // The flags that come later do not unsay whose number it is.
      chain.add(Opcode.SPLICE, to.sink()).spliceFrom(from.source()).length(100)
          .offset(-1).address(-1).operationFlags(0);
    }));
    assertEquals(2, uring.read(to.source(), new byte[5], 0, 5, -1, NONE));
    from.close();
    to.close();
  }

  @Test
  void aRegularDescriptorIsInstalledByAnEntry() throws IOException {
    try (Descriptor direct = uring.direct().open(directory)) {
      Raw operation = new Raw(1, chain -> chain.add(Opcode.FIXED_FD_INSTALL, direct));
      uring.custom().call(operation, NONE);
      Descriptor regular = operation.made.getFirst();
      assertTrue(uring.files().status(regular, NONE).isDirectory());
      regular.close();
    }
  }

  @Test
  void whatWouldTakeASlotForANumberIsRefused() throws IOException {
    Descriptor socket = uring.direct().tcpSocket();
    for (Opcode opcode : List.of(Opcode.OPENAT, Opcode.EPOLL_CTL, Opcode.STATX, Opcode.MSG_RING, Opcode.UNLINKAT)) {
      assertRefused(UnsupportedOperationException.class, "fixedFdInstall", chain -> chain.add(opcode, socket));
    }
    Class<IllegalArgumentException> argument = IllegalArgumentException.class;
    assertRefused(argument, "filesUpdate", chain -> chain.add(Opcode.FILES_UPDATE).length(1));
    assertRefused(argument, "no descriptor", chain -> chain.add(Opcode.READ, socket).direct());
    assertRefused(argument, "no second descriptor", chain -> chain.add(Opcode.OPENAT, -1).spliceFrom(socket));
    socket.close();
  }

  @Test
  void dataOnADirectSocketIsForTheFirstEntryAsOnAnyOther() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor direct = uring.direct().filesUpdate(pair.client(), NONE);
    assertRefused(IllegalArgumentException.class, "I-7", chain -> {
      chain.add(Opcode.NOP);
      write(chain, direct, "late");
    });
    assertEquals(List.of(5, 0), call(chain -> {
      write(chain, direct, "first");
      chain.add(Opcode.NOP);
    }));
    assertEquals(5, uring.recv(pair.server(), new byte[9], 0, 9));
    direct.close();
    pair.close();
  }

  @Test
  void directDescriptorsOfDifferentRingsDoNotMeetInAChain() throws IOException {
    try (Uring two = Uring.open(UringConfig.defaults().withRings(2).withDirectDescriptors(1))) {
      Descriptor one = two.direct().tcpSocket();
      Descriptor other = two.direct().tcpSocket();
      Raw operation = new Raw(0, chain -> {
        chain.add(Opcode.POLL_ADD, one).operationFlags(Constants.POLLOUT);
        chain.add(Opcode.POLL_ADD, other).operationFlags(Constants.POLLOUT);
      });
      String words =
          assertThrows(IllegalArgumentException.class, () -> two.custom().call(operation, NONE)).getMessage();
      assertTrue(words.contains("different rings"), words);
      one.close();
      other.close();
    }
  }
}
