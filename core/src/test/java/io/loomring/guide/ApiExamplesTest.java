package io.loomring.guide;

import static io.loomring.api.PipeOperations.NO_OFFSET;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.BufferSelection;
import io.loomring.api.CallOptions;
import io.loomring.api.CallerDriven;
import io.loomring.api.ChainResults;
import io.loomring.api.CompletionStream;
import io.loomring.api.CustomOperation;
import io.loomring.api.EpollEvent;
import io.loomring.api.LatencyCounts;
import io.loomring.api.PipeEnds;
import io.loomring.api.PollOperations;
import io.loomring.api.ProvidedBuffers;
import io.loomring.api.RegisteredBuffers;
import io.loomring.api.RingMailbox;
import io.loomring.api.SqeChain;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.buffer.Buffer;
import io.loomring.buffer.ProvidedBuffer;
import io.loomring.buffer.UringArena;
import io.loomring.diagnosis.Diagnosis;
import io.loomring.diagnosis.Doctor;
import io.loomring.error.OperationCancelledException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation of the groups of operations shows is compiled here, and runs. */
@RunsOnce("the driver makes no difference to what a page shows")
class ApiExamplesTest extends UringTest {
  private static final int POLLIN = Constants.POLLIN;
  private static final Pattern CODE = Pattern.compile("<pre>\\{@code\n(.*?)\\n \\* \\}</pre>", Pattern.DOTALL);
  /** Shown on pages of their own, and held to those by their own tests. */
  private static final Set<String> ELSEWHERE = Set.of("RequestTable", "ReadinessQueue", "ReservedSlot", "Resource");
  private static final Set<String> GROUPS = Set.of(
      "Uring", "SocketOperations", "FileOperations", "TimerOperations", "PollOperations", "ProcessOperations",
      "RingOperations", "PipeOperations", "ZeroCopy", "Multishot", "CompletionStream", "RegisteredBuffers",
      "BufferSelection", "CustomOperations", "CallerDriven", "DirectOperations", "Lending", "UringArena", "Doctor",
      "LatencyCounts");

  @TempDir Path directory;

  private final List<byte[]> used = new ArrayList<>();
  private Pair pair;

  @BeforeEach
  void connect() throws IOException {
    pair = Connections.pair(uring);
  }

  @AfterEach
  void disconnect() throws IOException {
    pair.close();
  }

  @Test
  void everyGroupShowsCodeThatIsCompiledHere() throws IOException {
    Path top = Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();
    String here = Files.readString(top.resolve("core/src/test/java/io/loomring/guide/ApiExamplesTest.java"))
        .replaceAll("\\s+", "");
    Set<String> shown = new TreeSet<>();
    try (Stream<Path> sources = Files.walk(top.resolve("core/src/main/java"))) {
      for (Path source : sources.filter(path -> path.toString().endsWith(".java")).toList()) {
        String name = source.getFileName().toString().replace(".java", "");
        Matcher code = CODE.matcher(Files.readString(source));
        while (!ELSEWHERE.contains(name) && code.find()) {
          for (String line : code.group(1).lines().map(ApiExamplesTest::bare).toList()) {
            assertTrue(here.contains(line), () -> name + " shows what is not compiled here: " + line);
          }
          shown.add(name);
        }
      }
    }
    assertEquals(new TreeSet<>(GROUPS), shown);
  }

  /** A line of code without the comments around and behind it, and without blanks. */
  private static String bare(String line) {
    return line.replaceFirst("^ \\*", "").replaceAll("//.*", "").replaceAll("\\s+", "");
  }

  private void use(MemorySegment segment) {
    used.add(segment.toArray(JAVA_BYTE));
  }

  private void say(int bytes) throws IOException {
    uring.send(pair.client(), new byte[bytes], 0, bytes);
  }

  // ---- what is shown

  @Test
  void uring() throws Exception {
    byte[] request = {1, 2, 3};
    byte[] reply = new byte[3];
    try (Descriptor listener = Connections.listener(uring)) {
      InetSocketAddress server = Connections.address(listener);
      Caller echo = Caller.virtual(() -> {
        try (Descriptor accepted = uring.accept(listener)) {
          byte[] bytes = new byte[3];
          uring.send(accepted, bytes, 0, uring.recv(accepted, bytes, 0, 3));
        }
        return null;
      });
      try (Descriptor connection = uring.tcpSocket()) {
        uring.connect(connection, server, CallOptions.timeout(Duration.ofSeconds(3)));
        uring.send(connection, request, 0, request.length);
        int count = uring.recv(connection, reply, 0, reply.length);
        assertEquals(3, count);
      }
      echo.value();
      assertArrayEquals(request, reply);
    }
  }

  @Test
  void sockets() throws IOException {
    say(7);
    Descriptor socket = pair.server();
    Await.until("it has come", () -> uring.sockets().unread(socket, CallOptions.NONE) == 7);
    uring.sockets().setIntOption(socket, Constants.IPPROTO_TCP, Constants.TCP_NODELAY, 1, CallOptions.NONE);
    uring.sockets().shutdown(socket, Constants.SHUT_WR, CallOptions.NONE);
    int waiting = uring.sockets().unread(socket, CallOptions.NONE);
    assertEquals(7, waiting);
    assertEquals(-1, uring.recv(pair.client(), new byte[1], 0, 1));
  }

  @Test
  void files() throws IOException {
    Path path = directory.resolve("journal");
    Path target = directory.resolve("done");
    byte[] entry = {1, 2, 3};
    try (Descriptor journal = uring.files().open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      int count = uring.files().write(journal, ByteBuffer.wrap(entry), 0, CallOptions.NONE);
      uring.files().fdatasync(journal, CallOptions.timeout(Duration.ofSeconds(10)));
      assertEquals(3, count);
    }
    uring.files().renameat(null, path.toString(), null, target.toString(), 0, CallOptions.NONE);
    assertArrayEquals(entry, Files.readAllBytes(target));
  }

  @Test
  void timers() throws Exception {
    OperationHandle handle = new OperationHandle();
    Caller sleeper = Caller.virtual(() -> {
      uring.timers().timeout(ofMinutes(1), CallOptions.handle(handle));
      return null;
    });
    Await.untilInFlight(uring, OperationKind.TIMEOUT, 1);
    uring.timers().update(handle, ofSeconds(30), CallOptions.NONE);
    uring.timers().remove(handle);
    sleeper.thrown(OperationCancelledException.class);
  }

  @Test
  void polling() throws IOException {
    say(1);
    Descriptor socket = pair.server();
    List<Long> served = new ArrayList<>();
    try (Descriptor epoll = uring.polling().epoll()) {
      uring.polling().epollControl(epoll, PollOperations.ADD, socket, POLLIN, 7, CallOptions.NONE);
      for (EpollEvent ready : uring.polling().epollWait(epoll, 64, CallOptions.timeout(ofSeconds(1)))) {
        served.add(ready.data());
      }
    }
    assertEquals(List.of(7L), served);
  }

  @Test
  void processes() throws Exception {
    MemorySegment word = Arena.ofAuto().allocate(4, 4);
    Caller waiter = Caller.virtual(() -> {
      while (word.get(JAVA_INT, 0) == 0) {
        uring.processes().futexWait(word, 0, CallOptions.timeout(ofMinutes(5)));
      }
      return null;
    });
    Await.untilInFlight(uring, OperationKind.FUTEX_WAIT, 1);
    word.set(JAVA_INT, 0, 1);
    Await.until("it has woken", () -> {
      uring.processes().futexWake(word, 1, CallOptions.NONE);
      return waiter.isDone();
    });
    waiter.value();
  }

  @Test
  void rings() throws Exception {
    try (Uring acceptor = Uring.open(UringConfig.defaults().withName("acceptor"))) {
      Uring worker = uring;
      RingMailbox box = worker.rings().mailbox(64);
      acceptor.rings().send(box, 42, CallOptions.NONE);
      assertEquals(42, box.take(CallOptions.NONE));
      box.close();
    }
  }

  @Test
  void pipes() throws IOException {
    say(5);
    Descriptor socket = pair.server();
    Path path = directory.resolve("saved");
    try (Descriptor file = uring.files().open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      try (PipeEnds pipe = uring.pipes().open(CallOptions.NONE)) {
        int count = uring.pipes().splice(
            socket, NO_OFFSET, pipe.sink(), NO_OFFSET, 64 * 1024, CallOptions.NONE);
        int saved = uring.pipes().splice(pipe.source(), NO_OFFSET, file, 0, count, CallOptions.NONE);
        assertEquals(5, saved);
      }
    }
    assertEquals(5, Files.size(path));
  }

  @Test
  void zeroCopy() throws Exception {
    Descriptor socket = pair.client();
    Caller reader = Caller.virtual(() -> {
      int all = 0;
      while (all < 64 * 1024) {
        all += uring.recv(pair.server(), new byte[64 * 1024], 0, 64 * 1024);
      }
      return all;
    });
    Buffer buffer = uring.buffers().acquire(64 * 1024);
    try {
      int sent = uring.zeroCopy().send(socket, buffer, 0, 64 * 1024, CallOptions.NONE);
      assertEquals(64 * 1024, sent);
    } finally {
      uring.buffers().release(buffer);
    }
    assertEquals(64 * 1024, reader.value());
  }

  @Test
  void multishot() throws IOException {
    say(3);
    uring.shutdown(pair.client(), Constants.SHUT_WR);
    Descriptor socket = pair.server();
    try (ProvidedBuffers buffers = uring.multishot().buffers(16, 4096);
        CompletionStream<ProvidedBuffer> messages = uring.multishot().recv(socket, buffers)) {
      for (int left = 3; left > 0; ) {
        try (ProvidedBuffer message = messages.next()) {
          use(message.segment());
          left -= (int) message.segment().byteSize();
        }
      }
    }
    assertArrayEquals(new byte[3], used.getFirst());
  }

  @Test
  void streams() throws Exception {
    List<Descriptor> served = new ArrayList<>();
    try (Descriptor listener = Connections.listener(uring)) {
      Descriptor client = Connections.connected(uring, Connections.address(listener));
      try (CompletionStream<Descriptor> connections = uring.multishot().accept(listener)) {
        Descriptor connection = connections.next();
        assertNotNull(connection);
        served.add(connection);
      }
      client.close();
    }
    for (Descriptor connection : served) {
      assertEquals(-1, uring.recv(connection, new byte[1], 0, 1));
      connection.close();
    }
  }

  @Test
  void registeredBuffers() throws IOException {
    Path path = Files.write(directory.resolve("bytes"), new byte[] {1, 2, 3});
    try (Descriptor file = uring.files().open(path)) {
      try (RegisteredBuffers buffers = RegisteredBuffers.of(uring, 16, 64 * 1024);
          RegisteredBuffers.Lease lease = buffers.lease()) {
        int count = buffers.read(file, lease, 0, 64 * 1024, 0, CallOptions.NONE);
        use(lease.segment().asSlice(0, count));
      }
    }
    assertArrayEquals(new byte[] {1, 2, 3}, used.getFirst());
  }

  /** Receives into a buffer that the kernel picks, and answers which. */
  private static final class ReceivePicked extends CustomOperation<Integer> {
    private final Descriptor socket;
    private final BufferSelection buffers;

    ReceivePicked(Descriptor socket, BufferSelection buffers) {
      this.socket = socket;
      this.buffers = buffers;
    }

    @Override
    protected void encode(SqeChain chain) {
      chain.add(Opcode.RECV, socket).selectBuffer(buffers.group());
    }

    @Override
    protected Integer result(ChainResults results) throws IOException {
      results.require(0);
      return results.flags(0) >>> CqeFlags.BUFFER_SHIFT;
    }
  }

  @Test
  void bufferSelection() throws IOException {
    say(2);
    Descriptor socket = pair.server();
    try (BufferSelection buffers = BufferSelection.of(uring, socket, 16, 4096)) {
      buffers.provide(0, 16, CallOptions.NONE);
      int picked = uring.custom().call(new ReceivePicked(socket, buffers), CallOptions.NONE);
      use(buffers.buffer(picked));
    }
    assertEquals(1, used.size());
  }

  @Test
  void customOperations() throws IOException {
    Path path = directory.resolve("journal");
    try (Descriptor journal =
        uring.files().open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      int bytes = uring.custom().call(new WriteDurably(journal, "an entry"), CallOptions.NONE);
      assertEquals(9, bytes);
    }
    assertEquals(List.of("an entry"), Files.readAllLines(path));
  }

  @Test
  void callerDriven() {
    List<Thread> served = new ArrayList<>();
    try (CallerDriven driven = CallerDriven.open(UringConfig.defaults())) {
      Caller caller = Caller.virtual(() -> {
        driven.uring().nop();
        served.add(Thread.currentThread());
        return null;
      });
      while (!caller.isDone()) {
        driven.runOnce(Duration.ofMillis(100));
      }
    }
    assertEquals(1, served.size());
  }

  @Test
  void direct() throws IOException {
    Path path = Files.write(directory.resolve("bytes"), new byte[] {1, 2, 3});
    MemorySegment into = MemorySegment.ofArray(new byte[10]);
    assertEquals(3, readDirectly(path, into));
  }

  private static int readDirectly(Path path, MemorySegment into) throws IOException {
    try (Uring uring = Uring.open(UringConfig.defaults().withDirectDescriptors(1024));
        Descriptor file = uring.direct().open(path)) {
      return uring.read(file, into, 0, CallOptions.NONE);
    }
  }

  @Test
  void lending() throws IOException {
    say(4);
    Descriptor socket = pair.server();
    Descriptor other = pair.server();
    try (UringArena arena = UringArena.open()) {
      MemorySegment page = arena.allocate(64 * 1024, 4096);
      int count = uring.lending().recv(socket, page, CallOptions.NONE);
      uring.lending().send(other, page.asSlice(0, count), CallOptions.NONE);
    }
    byte[] back = new byte[4];
    assertEquals(4, uring.recv(pair.client(), back, 0, 4));
  }

  @Test
  void arenas() throws IOException {
    Path path = Files.write(directory.resolve("bytes"), new byte[] {1, 2, 3});
    try (Descriptor file = uring.files().open(path)) {
      try (UringArena arena = UringArena.open()) {
        MemorySegment page = arena.allocate(64 * 1024, 4096);
        int count = uring.lending().read(file, page, 0, CallOptions.NONE);
        use(page.asSlice(0, count));
      }
    }
    assertArrayEquals(new byte[] {1, 2, 3}, used.getFirst());
  }

  @Test
  void latencyCounts() throws IOException {
    uring.monitoring().setTimed(true);
    uring.nop();
    LatencyCounts before = uring.monitoring().latencies().getFirst();
    uring.nop();
    LatencyCounts now = uring.monitoring().latencies().getFirst();
    LatencyCounts lately = now.since(before);
    long p99Nanos = lately.quantileNanos(0.99);
    assertEquals(1, lately.total());
    assertTrue(p99Nanos > 0);
  }

  /** What is logged. */
  private static final class Log {
    private final List<String> lines = new ArrayList<>();

    void warn(String line) {
      lines.add(line);
    }
  }

  @Test
  void doctor() {
    Log log = new Log();
    Diagnosis diagnosis = Doctor.examine();
    if (!diagnosis.isAvailable()) {
      log.warn(diagnosis.text());
    }
    assertEquals(List.of(), log.lines);
  }
}
