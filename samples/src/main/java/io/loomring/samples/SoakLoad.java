package io.loomring.samples;

import io.loomring.api.CallOptions;
import io.loomring.api.FileOperations;
import io.loomring.api.Uring;
import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Threads that churn on one {@code Uring}: connections of which both ends check every byte, files that are written and
 * read back, timers. One connection in five is closed in the middle by one of its ends; the others must arrive whole.
 */
final class SoakLoad {
  private static final int CLIENTS = 24;
  private static final int WRITERS = 6;
  private static final int TIMERS = 4;
  private static final int BACKLOG = 1024;
  private static final int MOST_BYTES = 100_000;
  private static final int SHUT_WR = 1;
  private static final int POLLIN = 1;
  private static final int HEADER_BYTES = 24;
  /** Who closes a connection in the middle. */
  private static final int NOBODY = 0;
  private static final int CLIENT = 1;
  private static final int SERVER = 2;

  private final Uring uring;
  private final SoakTally tally;
  private final Path directory;
  private final RandomGenerator random;
  private final AtomicInteger live = new AtomicInteger();
  private final AtomicInteger workers = new AtomicInteger();
  private final Descriptor listener;
  private final InetSocketAddress address;
  private volatile boolean ending;
  private volatile boolean closed;

  /** Opens a listener; nothing runs before {@link #start}. */
  SoakLoad(Uring uring, SoakTally tally, Path directory, long seed) throws IOException {
    this.uring = uring;
    this.tally = tally;
    this.directory = directory;
    this.random = random(seed);
    this.listener = uring.tcpSocket();
    uring.bind(listener, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    uring.listen(listener, BACKLOG);
    InetSocketAddress bound = SocketCalls.localAddress(listener);
    if (bound == null) {
      throw new IOException("the listener has no address");
    }
    this.address = bound;
  }

  private static RandomGenerator random(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  InetSocketAddress address() {
    return address;
  }

  /** Starts everything; clients connect to any of {@code servers}. */
  void start(List<InetSocketAddress> servers) {
    RandomGenerator seeds = random(random.nextLong());
    startThread(() -> acceptAll(random(seeds.nextLong())));
    for (int i = 0; i < CLIENTS; i++) {
      worker(random(seeds.nextLong()), choices -> connection(choices, servers.get(choices.nextInt(servers.size()))));
    }
    for (int i = 0; i < WRITERS; i++) {
      worker(random(seeds.nextLong()), this::file);
    }
    for (int i = 0; i < TIMERS; i++) {
      worker(random(seeds.nextLong()), this::timer);
    }
  }

  /** Has every worker end with the round it is at; their servers go on. */
  void end() {
    ending = true;
  }

  /** Whether every worker has. */
  boolean hasEnded() {
    return workers.get() == 0;
  }

  /** Closes the listener, once all workers of all loads have ended: nobody is on the way to it then. */
  void close() throws IOException {
    closed = true;
    listener.close();
  }

  /** How many threads there are. */
  int live() {
    return live.get();
  }

  // ---- threads

  private interface Round {
    void play(RandomGenerator choices) throws IOException;
  }

  private void worker(RandomGenerator choices, Round round) {
    workers.incrementAndGet();
    startThread(() -> {
      while (!ending) {
        try {
          round.play(choices);
        } catch (IOException | RuntimeException | Error e) {
          tally.wrong("a round failed: " + e);
        }
      }
      workers.decrementAndGet();
    });
  }

  private Thread startThread(Runnable body) {
    live.incrementAndGet();
    Runnable counted = () -> {
      try {
        body.run();
      } finally {
        live.decrementAndGet();
      }
    };
    boolean onLoop = uring.hasLoops() && random.nextBoolean();
    Thread thread = onLoop ? uring.threadFactory().newThread(counted) : Thread.ofVirtual().unstarted(counted);
    thread.start();
    return thread;
  }

  // ---- connections

  private static int size(RandomGenerator choices) {
    return choices.nextInt(1 + choices.nextInt(1 + choices.nextInt(MOST_BYTES)));
  }

  /** What a client announces first, with a word behind it that proves it to be a header. */
  private record Header(long number, int up, int down, int cutter) {
    private static final long MARK = 0x5EED_50AC_0000_0000L;

    byte[] bytes() {
      ByteBuffer buffer = ByteBuffer.allocate(HEADER_BYTES);
      return buffer.putLong(number << 2 | cutter).putInt(up).putInt(down).putLong(MARK ^ number).array();
    }

    static Header of(ByteBuffer buffer) throws IOException {
      long first = buffer.getLong(0);
      if (buffer.getLong(16) != (MARK ^ first >>> 2)) {
        throw new IOException("no header, but " + HexFormat.of().formatHex(buffer.array()));
      }
      return new Header(first >>> 2, buffer.getInt(8), buffer.getInt(12), (int) (first & 3));
    }
  }

  private void connection(RandomGenerator choices, InetSocketAddress server) throws IOException {
    int dice = choices.nextInt(10);
    int cutter = dice == 0 ? CLIENT : dice == 1 ? SERVER : NOBODY;
    Header header = new Header(tally.nextNumber(), size(choices), size(choices), cutter);
    try (Descriptor socket = uring.tcpSocket(); SoakNudges nudges = new SoakNudges(choices, tally)) {
      if (!connected(socket, server, choices)) {
        return;
      }
      ByteBuffer announced = ByteBuffer.wrap(header.bytes());
      nudges.call(options -> {
        uring.send(socket, announced, options);
        return 0;
      });
      talk(socket, 2 * header.number, header.up, header.down, cutter, cutter == CLIENT, choices);
      tally.connections.increment();
    }
  }

  private boolean connected(Descriptor socket, InetSocketAddress server, RandomGenerator choices) throws IOException {
    try {
      CallOptions options = choices.nextInt(10) == 0
          ? CallOptions.timeout(Duration.ofNanos(choices.nextInt(200_000)))
          : CallOptions.NONE;
      uring.connect(socket, server, options);
      return true;
    } catch (BindException noPort) {
      // They come back when what was closed lately is forgotten.
      tally.shortages.increment();
      LockSupport.parkNanos(10_000_000);
      return false;
    } catch (OperationTimeoutException e) {
      tally.timeouts.increment();
      return false;
    }
  }

  /** Says one stream and hears the other, both at once; {@code closes} if it is this end that closes in the middle. */
  private void talk(
      Descriptor socket, long says, int toSay, int toHear, int cutter, boolean closes, RandomGenerator choices) {
    RandomGenerator othersChoices = random(choices.nextLong());
    boolean whole = cutter == NOBODY;
    Thread speaker = startThread(() -> told(whole, () -> say(socket, new SoakStream(says), toSay, othersChoices)));
    Thread closer = null;
    if (closes) {
      long nanos = choices.nextInt(3_000_000);
      closer = startThread(() -> told(false, () -> {
        LockSupport.parkNanos(nanos);
        socket.close();
        tally.closed.increment();
      }));
    }
    told(whole, () -> hear(socket, new SoakStream(says ^ 1), toHear, whole, choices));
    SoakNudges.join(speaker);
    if (closer != null) {
      SoakNudges.join(closer);
    }
  }

  private interface Part {
    void play() throws IOException;
  }

  /** Plays a part; its failure is wrong where the connection was to arrive whole. */
  private void told(boolean whole, Part part) {
    try {
      part.play();
    } catch (IOException e) {
      if (whole) {
        tally.wrong("a connection that nobody cut failed: " + e);
      }
    } catch (RuntimeException | Error e) {
      tally.wrong("a connection failed: " + e);
    }
  }

  private void say(Descriptor socket, SoakStream stream, int count, RandomGenerator choices) throws IOException {
    byte[] bytes = new byte[1 + choices.nextInt(16_384)];
    try (SoakNudges nudges = new SoakNudges(choices, tally)) {
      for (int done = 0; done < count; done += bytes.length) {
        int part = Math.min(bytes.length, count - done);
        stream.fill(bytes, part, done);
        ByteBuffer left = ByteBuffer.wrap(bytes, 0, part);
        nudges.call(options -> {
          uring.send(socket, left, options);
          return 0;
        });
      }
    }
    uring.shutdown(socket, SHUT_WR);
  }

  /** Reads to the end, whatever it is. */
  private void hear(Descriptor socket, SoakStream stream, int count, boolean whole, RandomGenerator choices)
      throws IOException {
    byte[] bytes = new byte[1 + choices.nextInt(16_384)];
    long offset = 0;
    try (SoakNudges nudges = new SoakNudges(choices, tally)) {
      for (int n = hear(nudges, socket, bytes); n >= 0; n = hear(nudges, socket, bytes)) {
        String wrong = stream.wrong(bytes, n, offset);
        if (wrong != null) {
          tally.wrong(wrong);
          return;
        }
        offset += n;
        tally.bytes.add(n);
      }
    }
    if (whole ? offset != count : offset > count) {
      tally.wrong("stream " + stream.number() + " ended after " + offset + " bytes of " + count);
    }
  }

  private int hear(SoakNudges nudges, Descriptor socket, byte[] bytes) throws IOException {
    return nudges.call(options -> uring.recv(socket, ByteBuffer.wrap(bytes), options));
  }

  private void acceptAll(RandomGenerator choices) {
    try (SoakNudges nudges = new SoakNudges(choices, tally)) {
      Descriptor[] accepted = new Descriptor[1];
      while (!closed) {
        nudges.call(options -> {
          accepted[0] = uring.accept(listener, options);
          return 0;
        });
        Descriptor socket = accepted[0];
        long seed = choices.nextLong();
        startThread(() -> serve(socket, random(seed)));
      }
    } catch (DescriptorClosedException e) {
      if (!closed) {
        tally.wrong("the listener was closed: " + e);
      }
    } catch (IOException | RuntimeException | Error e) {
      tally.wrong("accepting failed: " + e);
    }
  }

  private void serve(Descriptor socket, RandomGenerator choices) {
    try (socket) {
      ByteBuffer first = ByteBuffer.allocate(HEADER_BYTES);
      try (SoakNudges nudges = new SoakNudges(choices, tally)) {
        while (first.hasRemaining()) {
          if (nudges.call(options -> uring.recv(socket, first, options)) < 0) {
            return;
          }
        }
      } catch (IOException gone) {
        // A client that closed before it said anything: it would miss the answer.
        return;
      }
      Header header = Header.of(first);
      talk(socket, 2 * header.number + 1, header.down, header.up, header.cutter, header.cutter == SERVER, choices);
    } catch (IOException | RuntimeException | Error e) {
      tally.wrong("serving failed: " + e);
    }
  }

  // ---- files and timers

  private void file(RandomGenerator choices) throws IOException {
    long number = tally.nextNumber();
    SoakStream stream = new SoakStream(2 * number);
    Path path = directory.resolve("soak-" + number);
    FileOperations files = uring.files();
    int size = size(choices);
    boolean cut = choices.nextInt(8) == 0;
    Descriptor file = files.open(
        path,
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
        FileOperations.DEFAULT_MODE,
        CallOptions.NONE);
    Thread closer = null;
    try (file) {
      if (cut) {
        long nanos = choices.nextInt(2_000_000);
        closer = startThread(() -> told(false, () -> {
          LockSupport.parkNanos(nanos);
          file.close();
          tally.closed.increment();
        }));
      }
      writeAndReadBack(file, stream, size, choices);
      tally.files.increment();
    } catch (DescriptorClosedException e) {
      if (!cut) {
        throw e;
      }
    } finally {
      if (closer != null) {
        SoakNudges.join(closer);
      }
      files.unlinkat(null, path.toString(), 0, CallOptions.NONE);
    }
  }

  private void writeAndReadBack(Descriptor file, SoakStream stream, int size, RandomGenerator choices)
      throws IOException {
    FileOperations files = uring.files();
    byte[] bytes = new byte[1 + choices.nextInt(16_384)];
    try (SoakNudges nudges = new SoakNudges(choices, tally)) {
      for (int done = 0; done < size; ) {
        int part = Math.min(bytes.length, size - done);
        stream.fill(bytes, part, done);
        int at = done;
        done += nudges.call(options -> files.write(file, ByteBuffer.wrap(bytes, 0, part), at, options));
      }
      if (choices.nextInt(16) == 0) {
        nudges.call(options -> {
          files.fdatasync(file, options);
          return 0;
        });
      }
      for (int done = 0; done < size; ) {
        int at = done;
        int n = nudges.call(options -> files.read(file, ByteBuffer.wrap(bytes), at, options));
        String wrong = n < 0 ? "a file of " + size + " bytes ended after " + at : stream.wrong(bytes, n, at);
        if (wrong != null) {
          tally.wrong("in a file, " + wrong);
          return;
        }
        done += n;
        tally.bytes.add(n);
      }
    }
  }

  private void timer(RandomGenerator choices) throws IOException {
    try (SoakNudges nudges = new SoakNudges(choices, tally)) {
      Duration time = Duration.ofNanos(choices.nextInt(5_000_000));
      nudges.call(options -> {
        uring.timeout(time, options);
        return 0;
      });
      nudges.onceWithin(time, options -> uring.poll(listener, POLLIN, options));
      nudges.call(options -> {
        uring.nop();
        return 0;
      });
    }
    tally.timers.increment();
  }
}
