package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.ProvidedBuffer;
import io.loomring.error.DescriptorClosedException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.Runs;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Direct descriptors are made, used, turned into regular ones and back, and closed, as regular ones are. */
class DirectOperationsTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;
  private static final int SLOTS = 8;

  @TempDir
  private Path directory;

  @Override
  protected UringConfig config() {
    // One ring, so that the whole table is everybody's.
    return super.config().withRings(1).withDirectDescriptors(SLOTS);
  }

  private static MemorySegment bytes(String text) {
    return MemorySegment.ofArray(text.getBytes());
  }

  private String read(Descriptor from, long position) throws IOException {
    MemorySegment into = MemorySegment.ofArray(new byte[100]);
    int count = uring.read(from, into, position, NONE);
    return count < 0 ? "" : new String(into.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
  }

  private String recv(Descriptor from) throws IOException {
    byte[] into = new byte[100];
    int count = uring.recv(from, into, 0, into.length);
    return count < 0 ? "" : new String(into, 0, count);
  }

  private void send(Descriptor to, String text) throws IOException {
    uring.send(to, bytes(text), NONE);
  }

  private Descriptor direct(Descriptor regular) throws IOException {
    Descriptor made = uring.direct().filesUpdate(regular, NONE);
    regular.close();
    return made;
  }

  private InetSocketAddress address(Descriptor direct) throws IOException {
    try (Descriptor regular = uring.direct().fixedFdInstall(direct, NONE)) {
      return Connections.address(regular);
    }
  }

  private Path file(String content) throws IOException {
    Path file = Files.createTempFile(directory, "file", "");
    return Files.writeString(file, content);
  }

  private static void closeAll(List<Descriptor> descriptors) throws IOException {
    for (Descriptor descriptor : descriptors) {
      descriptor.close();
    }
  }

  // ---- sockets

  @Test
  void aConnectionBetweenDirectDescriptorsCarriesBytes() throws IOException {
    int regular = Descriptors.sockets();
    Descriptor listener = uring.direct().tcpSocket();
    uring.bind(listener, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    uring.listen(listener, 1);
    Descriptor client = uring.direct().tcpSocket();
    uring.connect(client, address(listener));
    Descriptor server = uring.direct().accept(listener, NONE);
    assertTrue(listener.isDirect() && client.isDirect() && server.isDirect());
    assertEquals(regular, Descriptors.sockets(), "a direct descriptor has no number of the process");
    send(client, "ping");
    assertEquals("ping", recv(server));
    uring.shutdown(server, Constants.SHUT_WR);
    assertEquals("", recv(client));
    listener.close();
    server.close();
    assertEquals(1, uring.direct().inUse());
    client.close();
  }

  @Test
  void everySortOfTransferOnASocketTakesADirectDescriptor() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor server = direct(pair.server());
    Descriptor client = direct(pair.client());
    assertEquals(4, uring.write(client, bytes("some"), -1, NONE));
    assertEquals("some", read(server, -1));
    assertEquals(4, uring.files().writev(client, List.of(bytes("ma"), bytes("ny")), -1, NONE));
    byte[] many = new byte[4];
    assertEquals(4, uring.files().readv(server, List.of(MemorySegment.ofArray(many)), -1, NONE));
    assertArrayEquals("many".getBytes(), many);
    Buffer buffer = uring.buffers().acquire(100);
    buffer.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 'z');
    Caller sender = Caller.virtual(() -> uring.zeroCopy().send(client, buffer, 0, 1, NONE));
    assertEquals("z", recv(server));
    assertEquals(1, sender.value());
    uring.buffers().release(buffer);
    assertEquals(0, uring.sockets().unread(server, NONE));
    uring.sockets().setIntOption(server, Constants.SOL_SOCKET, Constants.SO_KEEPALIVE, 1, NONE);
    assertEquals(1, uring.sockets().intOption(server, Constants.SOL_SOCKET, Constants.SO_KEEPALIVE, NONE));
    assertEquals(Constants.POLLOUT, uring.poll(client, Constants.POLLOUT, NONE));
    server.close();
    client.close();
  }

  @Test
  void streamsRunOnDirectDescriptors() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor server = direct(pair.server());
    ProvidedBuffers buffers = uring.multishot().buffers(4, 64);
    try (CompletionStream<ProvidedBuffer> stream = uring.multishot().recv(server, buffers)) {
      Caller taker = Caller.virtual(() -> {
        try (ProvidedBuffer buffer = stream.next()) {
          return buffer.size();
        }
      });
      Await.untilInFlight(uring, OperationKind.RECV, 1);
      send(pair.client(), "abc");
      assertEquals(3, taker.value());
    }
    buffers.close();
    try (CompletionStream<Integer> events = uring.multishot().poll(server, Constants.POLLIN)) {
      send(pair.client(), "abc");
      assertEquals(Constants.POLLIN, events.next() & Constants.POLLIN);
    }
    server.close();
    pair.close();
  }

  @Test
  void connectionsAreTakenIntoTheTableOverOneOperation() throws IOException {
    Descriptor listener = Connections.listener(uring);
    InetSocketAddress address = Connections.address(listener);
    List<Descriptor> all = new ArrayList<>();
    try (CompletionStream<Descriptor> connections = uring.direct().acceptAll(listener)) {
      for (int i = 0; i < 3; i++) {
        Caller taker = Caller.virtual(connections::next);
        all.add(Connections.connected(uring, address));
        Descriptor taken = (Descriptor) taker.value();
        assertNotNull(taken);
        assertTrue(taken.isDirect());
        all.add(taken);
        send(taken, "hello");
        assertEquals("hello", recv(all.get(2 * i)));
      }
      // What nobody takes is closed with the stream.
      all.add(Connections.connected(uring, address));
      Await.until("a connection has come", () -> connections.available() == 1);
    }
    assertEquals("", recv(all.getLast()));
    assertEquals(3, uring.direct().inUse());
    closeAll(all);
    listener.close();
  }

  @Test
  void aStreamThatFindsTheTableFullSaysSoAndGoesOnWhenThereIsRoom() throws IOException {
    Descriptor listener = Connections.listener(uring);
    InetSocketAddress address = Connections.address(listener);
    List<Descriptor> sockets = new ArrayList<>();
    for (int i = 0; i < SLOTS; i++) {
      sockets.add(uring.direct().tcpSocket());
    }
    try (CompletionStream<Descriptor> connections = uring.direct().acceptAll(listener)) {
      Caller taker = Caller.virtual(connections::next);
      Await.untilInFlight(uring, OperationKind.ACCEPT, 1);
      Descriptor dropped = Connections.connected(uring, address);
      assertFull(taker.thrown(IOException.class));
      assertEquals("", recv(dropped));
      dropped.close();
      sockets.removeLast().close();
      taker = Caller.virtual(connections::next);
      sockets.add(Connections.connected(uring, address));
      sockets.add((Descriptor) taker.value());
    }
    closeAll(sockets);
    listener.close();
  }

  // ---- files

  @Test
  void aFileIsMadeWrittenSyncedAndRead() throws IOException {
    Path path = directory.resolve("made");
    try (Descriptor file = uring.direct().open(
        path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      assertTrue(file.isDirect());
      assertEquals(5, uring.write(file, bytes("bytes"), 0, NONE));
      uring.files().fsync(file, NONE);
      uring.files().syncFileRange(file, 0, 0, FileOperations.WAIT_AFTER, NONE);
      uring.files().fallocate(file, 0, 0, 4096, NONE);
      uring.files().fadvise(file, 0, 0, 0, NONE);
      uring.files().ftruncate(file, 3, NONE);
      assertEquals("byt", read(file, 0));
      MemorySegment into = MemorySegment.ofArray(new byte[2]);
      assertEquals(2, uring.files().read(file, into, 1, NONE));
      assertEquals('t', into.get(ValueLayout.JAVA_BYTE, 1));
      assertEquals(2, uring.files().write(file, bytes("xy"), 0, NONE));
    }
    assertEquals("xyt", Files.readString(path));
  }

  @Test
  void aFileIsOpenedWithRulesAboutItsPath() throws IOException {
    Path path = file("content");
    try (Descriptor base = uring.files().open(directory)) {
      String name = path.getFileName().toString();
      try (Descriptor file = uring.direct().openat2(base, name, 0, 0, FileOperations.RESOLVE_BENEATH, NONE)) {
        assertTrue(file.isDirect());
        assertEquals("content", read(file, 0));
      }
      assertThrows(IOException.class, () ->
          uring.direct().openat2(base, "..", 0, 0, FileOperations.RESOLVE_BENEATH, NONE));
      try (Descriptor file = uring.direct().openat(base, name, Constants.O_CLOEXEC, 0, NONE)) {
        assertEquals("content", read(file, 0));
      }
    }
    assertThrows(NoSuchFileException.class, () -> uring.direct().open(directory.resolve("missing")));
  }

  @Test
  void attributesOfADirectFileAreSetAndRead() throws IOException {
    try (Descriptor file = uring.direct().open(file(""), StandardOpenOption.WRITE)) {
      uring.files().fsetxattr(file, "user.kind", "direct".getBytes(), 0, NONE);
      assertArrayEquals("direct".getBytes(), uring.files().fgetxattr(file, "user.kind", NONE));
    }
  }

  @Test
  void registeredBuffersAreReadIntoAndWrittenFrom() throws IOException {
    try (RegisteredBuffers buffers = RegisteredBuffers.of(uring, 1, 4096);
        RegisteredBuffers.Lease lease = buffers.lease();
        Descriptor file = uring.direct().open(file("abc"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      assertEquals(3, buffers.read(file, lease, 0, 100, 0, NONE));
      assertEquals(3, buffers.write(file, lease, 0, 3, 3, NONE));
      assertEquals("abcabc", read(file, 0));
    }
  }

  // ---- pipes

  @Test
  void bytesGoThroughADirectPipeAndAreSplicedInEveryDirection() throws IOException {
    PipeEnds direct = uring.direct().pipe(NONE);
    PipeEnds regular = uring.pipes().open(NONE);
    assertTrue(direct.source().isDirect() && direct.sink().isDirect());
    assertEquals(2, uring.direct().inUse());
    long none = PipeOperations.NO_OFFSET;
    for (List<PipeEnds> way : List.of(List.of(direct, regular), List.of(regular, direct))) {
      PipeEnds from = way.getFirst();
      PipeEnds to = way.getLast();
      assertEquals(3, uring.write(from.sink(), bytes("abc"), -1, NONE));
      assertEquals(3, uring.pipes().tee(from.source(), to.sink(), 100, NONE));
      assertEquals("abc", read(to.source(), -1));
      assertEquals(3, uring.pipes().splice(from.source(), none, to.sink(), none, 100, NONE));
      assertEquals("abc", read(to.source(), -1));
    }
    PipeEnds other = uring.direct().pipe(NONE);
    assertEquals(3, uring.write(direct.sink(), bytes("xyz"), -1, NONE));
    assertEquals(3, uring.pipes().splice(direct.source(), none, other.sink(), none, 100, NONE));
    assertEquals("xyz", read(other.source(), -1));
    other.close();
    direct.close();
    regular.close();
  }

  // ---- one kind into the other

  @Test
  @Runs(Opcode.FILES_UPDATE)
  void aRegularDescriptorIsMadeDirectAndBothAreTheSameFile() throws IOException {
    Descriptor regular = uring.files().open(file("abcdef"));
    Descriptor direct = uring.direct().filesUpdate(regular, NONE);
    assertTrue(direct.isDirect());
    assertEquals("abcdef", read(direct, 0));
    // They share the position of the file.
    uring.read(regular, new byte[3], 0, 3, -1, NONE);
    assertEquals("def", read(direct, -1));
    regular.close();
    assertEquals("abcdef", read(direct, 0));
    direct.close();
  }

  @Test
  @Runs(Opcode.FIXED_FD_INSTALL)
  void aDirectDescriptorIsMadeRegularAndOutlivesIt() throws IOException {
    Descriptor direct = uring.direct().open(file("abc"));
    Descriptor regular = uring.direct().fixedFdInstall(direct, NONE);
    assertFalse(regular.isDirect());
    direct.close();
    assertTrue(Descriptors.target(regular.fd()).startsWith(directory.toString()), Descriptors.target(regular.fd()));
    assertEquals("abc", read(regular, 0));
    regular.close();
  }

  @Test
  void theCloseOfOneLeavesWhatWaitsOnTheOtherWaiting() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor direct = uring.direct().filesUpdate(pair.server(), NONE);
    Caller reader = Caller.virtual(() -> recv(pair.server()));
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    awaitInKernel(1);
    direct.close();
    send(pair.client(), "late");
    assertEquals("late", reader.value());
    Descriptor again = uring.direct().filesUpdate(pair.server(), NONE);
    reader = Caller.virtual(() -> recv(again));
    Await.untilInFlight(uring, OperationKind.RECV, 1);
    awaitInKernel(1);
    pair.server().close();
    send(pair.client(), "later");
    assertEquals("later", reader.value());
    again.close();
    pair.close();
  }

  // ---- closing

  @Test
  void aCloseEndsWhatWaitsAndThePeerSeesTheEnd() throws IOException {
    Pair pair = Connections.pair(uring);
    Descriptor server = direct(pair.server());
    List<Caller> readers = List.of(Caller.virtual(() -> recv(server)), Caller.platform(() -> recv(server)));
    Await.untilInFlight(uring, OperationKind.RECV, 2);
    awaitInKernel(2);
    server.close();
    for (Caller reader : readers) {
      reader.thrown(DescriptorClosedException.class);
    }
    assertEquals(2, server.cancelledByClose());
    assertEquals("", recv(pair.client()));
    assertThrows(DescriptorClosedException.class, () -> send(server, "x"));
    pair.close();
  }

  @Test
  void theEndOfTheRingIsTheEndOfItsDirectDescriptors() throws IOException {
    try (Uring other = Uring.open(config())) {
      Descriptor direct = other.direct().filesUpdate(Connections.pair(other).server(), NONE);
      Caller reader = Caller.platform(() -> other.recv(direct, new byte[1], 0, 1));
      Await.untilInFlight(other, OperationKind.RECV, 1);
      other.close();
      assertTrue(direct.isClosed());
      reader.thrown(IOException.class);
    }
  }

  @Test
  void closingIsAskedForOnceAndMayBeAskedForAgain() throws IOException {
    Descriptor socket = uring.direct().tcpSocket();
    socket.close();
    Descriptor other = uring.direct().tcpSocket();
    socket.close();
    socket.closeWithoutWaiting();
    assertEquals(1, uring.direct().inUse());
    uring.bind(other, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    other.close();
  }

  // ---- what is refused

  private static void assertFull(IOException thrown) {
    String words = String.valueOf(thrown.getMessage());
    assertTrue(words.contains("ENFILE") && words.contains("table of " + SLOTS)
        && words.contains("loomring.directDescriptors"), words);
  }

  @Test
  void aFullTableIsAnErrorInWordsAndNothingIsLost() throws IOException {
    Descriptor listener = Connections.listener(uring);
    Descriptor client = Connections.connected(uring, Connections.address(listener));
    List<Descriptor> sockets = new ArrayList<>();
    for (int i = 0; i < SLOTS - 1; i++) {
      sockets.add(uring.direct().tcpSocket());
    }
    assertFull(assertThrows(IOException.class, () -> uring.direct().pipe(NONE)));
    sockets.add(uring.direct().tcpSocket());
    List<Executable> calls = List.of(
        () -> uring.direct().tcpSocket(),
        () -> uring.direct().accept(listener, NONE),
        () -> uring.direct().open(directory),
        () -> uring.direct().openat2(null, directory.toString(), 0, 0, 0, NONE),
        () -> uring.direct().pipe(NONE),
        () -> uring.direct().filesUpdate(listener, NONE));
    for (Executable call : calls) {
      assertFull(assertThrows(IOException.class, call));
    }
    assertEquals(SLOTS, uring.direct().inUse());
    sockets.removeLast().close();
    sockets.add(uring.direct().accept(listener, NONE));
    send(sockets.getLast(), "in time");
    assertEquals("in time", recv(client));
    closeAll(sockets);
    client.close();
    listener.close();
  }

  @Test
  void withoutATableTheCallSaysHowToHaveOne() throws IOException {
    try (Uring without = Uring.open(UringConfig.defaults().withName("without"))) {
      assertEquals(0, without.direct().capacity());
      Descriptor socket = without.tcpSocket();
      List<Executable> calls = List.of(
          () -> without.direct().tcpSocket(),
          () -> without.direct().acceptAll(socket),
          () -> without.direct().pipe(NONE),
          () -> without.direct().filesUpdate(socket, NONE));
      for (Executable call : calls) {
        String words = assertThrows(IllegalStateException.class, call).getMessage();
        assertTrue(words.contains("withDirectDescriptors"), words);
      }
      socket.close();
    }
  }

  @Test
  void whatNeedsANumberOfTheProcessRefusesInWords() throws IOException {
    Descriptor socket = uring.direct().tcpSocket();
    Descriptor folder = uring.direct().open(directory);
    Descriptor epoll = uring.polling().epoll();
    Descriptor directEpoll = uring.direct().filesUpdate(epoll, NONE);
    PipeEnds pipe = uring.direct().pipe(NONE);
    int add = PollOperations.ADD;
    List<Executable> calls = List.of(
        socket::fd,
        () -> SocketCalls.localAddress(socket),
        () -> SocketCalls.setOption(socket, Constants.SOL_SOCKET, Constants.SO_LINGER, 0),
        () -> pipe.grow(1 << 20),
        () -> uring.files().status(folder, NONE),
        () -> uring.files().openat(folder, "x", 0, 0, NONE),
        () -> uring.direct().openat(folder, "x", 0, 0, NONE),
        () -> uring.files().mkdirat(folder, "x", 0700, NONE),
        () -> uring.files().renameat(null, "x", folder, "y", 0, NONE),
        () -> uring.polling().epollControl(epoll, add, socket, Constants.EPOLLIN, 1, NONE),
        () -> uring.polling().epollControl(directEpoll, add, epoll, Constants.EPOLLIN, 1, NONE));
    for (Executable call : calls) {
      String words = assertThrows(UnsupportedOperationException.class, call).getMessage();
      assertTrue(words.contains("direct descriptor") && words.contains("fixedFdInstall"), words);
    }
    assertTrue(socket.toString().startsWith("direct descriptor "), socket::toString);
    closeAll(List.of(socket, folder, epoll, directEpoll));
    pipe.close();
  }

  @Test
  void whatIsOfAKindAlreadyIsNotMadeOfItAgain() throws IOException {
    Descriptor regular = uring.tcpSocket();
    Descriptor direct = uring.direct().filesUpdate(regular, NONE);
    assertThrows(IllegalArgumentException.class, () -> uring.direct().filesUpdate(direct, NONE));
    assertThrows(IllegalArgumentException.class, () -> uring.direct().fixedFdInstall(regular, NONE));
    regular.close();
    direct.close();
    assertThrows(DescriptorClosedException.class, () -> uring.direct().filesUpdate(regular, NONE));
    assertThrows(DescriptorClosedException.class, () -> uring.direct().fixedFdInstall(direct, NONE));
  }

  @Test
  void aDirectDescriptorIsKnownToItsOwnRingAlone() throws IOException {
    try (Uring two = Uring.open(UringConfig.defaults().withRings(2).withDirectDescriptors(SLOTS))) {
      assertEquals(2 * SLOTS, two.direct().capacity());
      PipeEnds first = two.direct().pipe(NONE);
      PipeEnds second = two.direct().pipe(NONE);
      long none = PipeOperations.NO_OFFSET;
      assertThrows(IllegalArgumentException.class, () ->
          two.pipes().splice(first.source(), none, second.sink(), none, 1, NONE));
      Descriptor regular = two.direct().fixedFdInstall(first.source(), NONE);
      two.write(first.sink(), bytes("a"), -1, NONE);
      assertEquals(1, two.pipes().splice(regular, none, second.sink(), none, 1, NONE));
      regular.close();
      // And what is accepted from it is of its ring, however many there are.
      Descriptor listener = two.direct().tcpSocket();
      two.bind(listener, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      two.listen(listener, 8);
      InetSocketAddress address;
      try (Descriptor number = two.direct().fixedFdInstall(listener, NONE)) {
        address = Connections.address(number);
      }
      for (int i = 0; i < 3; i++) {
        try (Descriptor client = Connections.connected(two, address);
            Descriptor server = two.direct().accept(listener, NONE)) {
          two.send(server, bytes("x"), NONE);
          assertEquals(1, two.recv(client, new byte[1], 0, 1));
        }
      }
      listener.close();
      first.close();
      second.close();
      awaitNothingLeft(two);
    }
  }
}
