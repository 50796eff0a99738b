package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.fd.Message;
import io.loomring.fd.UnixCalls;
import io.loomring.fd.UnixName;
import io.loomring.op.Deadline;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.ready.Interest;
import io.loomring.ready.ReadinessQueue;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Connections;
import io.loomring.testkit.Connections.Pair;
import io.loomring.testkit.Pipe;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/** Every operation that can wait, in a place where it does. */
enum WaitingOperation {
  READ(Opcode.READ, OperationKind.READ) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyPipe();
      scene.call = options -> scene.uring.read(scene.target(), new byte[1], 0, 1, -1, options);
    }
  },
  WRITE(Opcode.WRITE, OperationKind.WRITE) {
    @Override
    void set(Scene scene) throws IOException {
      scene.fullPipe();
      scene.call = options -> scene.uring.write(scene.target(), new byte[1], 0, 1, -1, options);
    }
  },
  READV(Opcode.READV, OperationKind.READV) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyPipe();
      List<MemorySegment> into = List.of(MemorySegment.ofArray(new byte[1]));
      scene.call = options -> scene.uring.files().readv(scene.target(), into, -1, options);
    }
  },
  WRITEV(Opcode.WRITEV, OperationKind.WRITEV) {
    @Override
    void set(Scene scene) throws IOException {
      scene.fullPipe();
      List<MemorySegment> from = List.of(MemorySegment.ofArray(new byte[1]));
      scene.call = options -> scene.uring.files().writev(scene.target(), from, -1, options);
    }
  },
  READ_FIXED(Opcode.READ_FIXED, OperationKind.READ_FIXED) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyPipe();
      RegisteredBuffers buffers = scene.own(RegisteredBuffers.of(scene.uring, 1, 4096));
      RegisteredBuffers.Lease lease = scene.own(buffers.lease());
      scene.call = options -> buffers.read(scene.target(), lease, 0, 1, -1, options);
    }
  },
  WRITE_FIXED(Opcode.WRITE_FIXED, OperationKind.WRITE_FIXED) {
    @Override
    void set(Scene scene) throws IOException {
      scene.fullPipe();
      RegisteredBuffers buffers = scene.own(RegisteredBuffers.of(scene.uring, 1, 4096));
      RegisteredBuffers.Lease lease = scene.own(buffers.lease());
      scene.call = options -> buffers.write(scene.target(), lease, 0, 1, -1, options);
    }
  },
  READV_FIXED(Opcode.READV_FIXED, OperationKind.READV_FIXED) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyPipe();
      RegisteredBuffers buffers = scene.own(RegisteredBuffers.of(scene.uring, 1, 4096));
      RegisteredBuffers.Lease lease = scene.own(buffers.lease());
      scene.call = options -> buffers.readv(scene.target(), lease, List.of(new RegisteredBuffers.Part(0, 1)), -1, options);
    }
  },
  WRITEV_FIXED(Opcode.WRITEV_FIXED, OperationKind.WRITEV_FIXED) {
    @Override
    void set(Scene scene) throws IOException {
      scene.fullPipe();
      RegisteredBuffers buffers = scene.own(RegisteredBuffers.of(scene.uring, 1, 4096));
      RegisteredBuffers.Lease lease = scene.own(buffers.lease());
      scene.call = options -> buffers.writev(scene.target(), lease, List.of(new RegisteredBuffers.Part(0, 1)), -1, options);
    }
  },
  SPLICE(Opcode.SPLICE, OperationKind.SPLICE) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyPipe();
      Descriptor to = scene.sinkBeside();
      long none = PipeOperations.NO_OFFSET;
      scene.call = options -> scene.uring.pipes().splice(scene.target(), none, to, none, 1, options);
    }
  },
  TEE(Opcode.TEE, OperationKind.TEE) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyPipe();
      Descriptor to = scene.sinkBeside();
      scene.call = options -> scene.uring.pipes().tee(scene.target(), to, 1, options);
    }
  },
  RECV(Opcode.RECV, OperationKind.RECV) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyConnection();
      scene.call = options -> scene.uring.recv(scene.target(), MemorySegment.ofArray(new byte[1]), options);
    }
  },
  SEND(Opcode.SEND, OperationKind.SEND) {
    @Override
    void set(Scene scene) throws IOException {
      scene.fullConnection();
      scene.call = options -> {
        scene.uring.send(scene.target(), MemorySegment.ofArray(new byte[1]), options);
        return null;
      };
    }
  },
  RECVMSG(Opcode.RECVMSG, OperationKind.RECVMSG) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyConnection();
      scene.call = options -> {
        Message message = Message.toReceive(scene.uring.buffers(), 1);
        try {
          return scene.uring.sockets().recvmsg(scene.target(), message, 0, options);
        } finally {
          scene.uring.buffers().release(message.buffer());
        }
      };
    }
  },
  SENDMSG(Opcode.SENDMSG, OperationKind.SENDMSG) {
    @Override
    void set(Scene scene) throws IOException {
      scene.fullConnection();
      scene.call = options -> {
        Message message = Message.toSend(scene.uring.buffers(), new byte[1], 0, 1);
        try {
          return scene.uring.sockets().sendmsg(scene.target(), message, 0, options);
        } finally {
          scene.uring.buffers().release(message.buffer());
        }
      };
    }
  },
  /** One that waits for room; what it has sent is the kernel's until the peer has it, whatever ends the call. */
  SEND_ZC(Opcode.SEND_ZC, OperationKind.SEND_ZC) {
    @Override
    void set(Scene scene) throws IOException {
      scene.fullConnection();
      scene.call = options -> {
        int result = scene.uring.zeroCopy().sendTransferred(
            scene.target(), scene.uring.buffers(), scene.uring.buffers().acquire(1), 0, 1, 0,
            options.deadlineFromNow(), true, options.handle());
        return scene.uring.checked(Call.WRITE, result, scene.target());
      };
      scene.settle = scene.release;
    }
  },
  SENDMSG_ZC(Opcode.SENDMSG_ZC, OperationKind.SENDMSG_ZC) {
    @Override
    void set(Scene scene) throws IOException {
      scene.fullConnection();
      scene.call = options -> {
        int result = scene.uring.zeroCopy().sendmsgTransferred(
            scene.target(), scene.uring.buffers(), Message.toSend(scene.uring.buffers(), new byte[1], 0, 1), 0,
            options.deadlineFromNow(), true, options.handle());
        return scene.uring.checked(Call.WRITE, result, scene.target());
      };
      scene.settle = scene.release;
    }
  },
  ACCEPT(Opcode.ACCEPT, OperationKind.ACCEPT) {
    @Override
    void set(Scene scene) throws IOException {
      Descriptor listener = scene.listener();
      scene.call = options -> {
        scene.uring.accept(listener, options).close();
        return null;
      };
    }
  },
  /** To a listener of the Unix domain whose queue is full. */
  CONNECT(Opcode.CONNECT, OperationKind.CONNECT) {
    @Override
    void set(Scene scene) throws IOException {
      UnixName name = UnixName.ofAbstract(("loomring-test-" + NAMES.getAndIncrement()).getBytes());
      Descriptor listener = scene.own(unix(scene));
      check(UnixCalls.bind(listener, name, -1));
      check(SystemCalls.listen(listener.fd(), 0));
      check(scene.uring.raw().connect(scene.own(unix(scene)), name, Deadline.NONE, false, null));
      Descriptor late = scene.alike(scene.own(unix(scene)));
      scene.on = late;
      Scene.unblock(listener);
      scene.release = () -> {
        int accepted = SystemCalls.accept4(listener.fd(), 0, 0, Constants.SOCK_CLOEXEC);
        if (accepted >= 0) {
          SystemCalls.close(accepted);
        }
      };
      scene.call = options -> {
        int result = scene.uring.raw().connect(late, name, options.deadlineFromNow(), true, options.handle());
        return scene.uring.checked(Call.CONNECT, result, late);
      };
    }

    private Descriptor unix(Scene scene) throws IOException {
      return scene.uring.socket(Constants.AF_UNIX, Constants.SOCK_STREAM, 0);
    }
  },
  POLL_ADD(Opcode.POLL_ADD, OperationKind.POLL) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyPipe();
      scene.call = options -> scene.uring.polling().poll(scene.target(), Constants.POLLIN, options);
    }
  },
  /** In a readiness queue: no opcode's row, and the same ways to end. */
  READINESS(null, OperationKind.POLL) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyPipe();
      ReadinessQueue queue = scene.own(scene.uring.polling().readinessQueue());
      scene.call = options -> {
        OperationHandle given = options.handle();
        OperationHandle handle = given == null ? new OperationHandle() : given;
        return queue.await(scene.target(), Interest.READABLE, options.deadlineFromNow(), handle);
      };
    }
  },
  EPOLL_WAIT(Opcode.EPOLL_WAIT, OperationKind.EPOLL_WAIT) {
    @Override
    void set(Scene scene) throws IOException {
      Descriptor regular = scene.own(scene.uring.polling().epoll());
      Pipe pipe = scene.own(Pipe.open(scene.uring));
      scene.uring.polling().epollControl(
          regular, PollOperations.ADD, pipe.source(), Constants.EPOLLIN, 1, CallOptions.NONE);
      scene.release = () -> Scene.plainly(address -> SystemCalls.write(pipe.sink().fd(), address, 1));
      Descriptor epoll = scene.alike(regular);
      scene.on = epoll;
      scene.call = options -> scene.uring.polling().epollWait(epoll, 1, options);
    }
  },
  TIMEOUT(Opcode.TIMEOUT, OperationKind.TIMEOUT) {
    @Override
    void set(Scene scene) {
      OperationHandle own = new OperationHandle();
      scene.handle = own;
      scene.release = () -> scene.uring.timers().update(own, Duration.ZERO, CallOptions.NONE);
      scene.call = options -> {
        scene.uring.timers().timeout(Duration.ofMinutes(10), options);
        return null;
      };
    }
  },
  FUTEX_WAIT(Opcode.FUTEX_WAIT, OperationKind.FUTEX_WAIT) {
    @Override
    void set(Scene scene) {
      MemorySegment word = Arena.ofAuto().allocate(4, 4);
      scene.release = () -> scene.uring.processes().futexWake(word, 1, CallOptions.NONE);
      scene.call = options -> scene.uring.processes().futexWait(word, 0, options);
    }
  },
  FUTEX_WAITV(Opcode.FUTEX_WAITV, OperationKind.FUTEX_WAITV) {
    @Override
    void set(Scene scene) {
      MemorySegment word = Arena.ofAuto().allocate(4, 4);
      scene.release = () -> scene.uring.processes().futexWake(word, 1, CallOptions.NONE);
      scene.call = options -> scene.uring.processes().futexWaitAny(List.of(new FutexWord(word, 0)), options);
    }
  },
  WAITID(Opcode.WAITID, OperationKind.WAITID) {
    @Override
    void set(Scene scene) throws IOException {
      Process child = started("sleep", "1000");
      String pid = Long.toString(child.pid());
      scene.resources.push(() -> child.destroyForcibly().waitFor());
      scene.release = () -> check(started("kill", "-STOP", pid).waitFor());
      // Of its end the JDK learns first.
      scene.call = options -> scene.uring.processes().waitid(
          ProcessOperations.PID, (int) child.pid(), ProcessOperations.STOPPED, options);
    }
  },
  /** Of a named pipe that nobody has open at its other end. */
  OPENAT(Opcode.OPENAT, OperationKind.OPENAT) {
    @Override
    void set(Scene scene) throws Exception {
      Path pipe = scene.namedPipe();
      scene.call = options -> {
        scene.uring.files().openat(null, pipe.toString(), MAY_WAIT, 0, options).close();
        return null;
      };
    }
  },
  OPENAT2(Opcode.OPENAT2, OperationKind.OPENAT2) {
    @Override
    void set(Scene scene) throws Exception {
      Path pipe = scene.namedPipe();
      scene.call = options -> {
        scene.uring.files().openat2(null, pipe.toString(), MAY_WAIT, 0, 0, options).close();
        return null;
      };
    }
  },
  /** A chain whose first entry waits: no opcode's row, and the same ways to end. */
  CHAIN(null, OperationKind.CUSTOM) {
    @Override
    void set(Scene scene) throws IOException {
      scene.emptyPipe();
      scene.call = options -> scene.uring.custom().call(
          new CustomOperation<Integer>() {
            @Override
            protected void encode(SqeChain chain) {
              chain.add(Opcode.READ, scene.target()).memory(chain.allocate(1)).offset(-1).hardLink();
              chain.add(Opcode.NOP);
            }

            @Override
            protected Integer result(ChainResults results) throws IOException {
              return results.require(0);
            }
          },
          options);
    }
  },
  /** One that opens what it then reads into a slot of the table. */
  CHAIN_IN_SLOT(null, OperationKind.CUSTOM) {
    @Override
    void set(Scene scene) throws Exception {
      Path pipe = scene.namedPipe();
      ReservedSlot slot = scene.own(scene.uring.direct().reserve(CallOptions.NONE));
      // With something in it, for who has it open; and not waiting for a reader, who may be through.
      scene.release = () -> {
        try (RandomAccessFile writer = new RandomAccessFile(pipe.toFile(), "rw")) {
          writer.write('x');
        }
      };
      scene.call = options -> scene.uring.custom().call(
          new CustomOperation<Integer>() {
            @Override
            protected void encode(SqeChain chain) {
              chain.add(Opcode.OPENAT, Constants.AT_FDCWD)
                  .address(chain.path(pipe.toString()))
                  .operationFlags(Constants.O_RDWR)
                  .into(slot);
              chain.add(Opcode.READ, slot).memory(chain.allocate(1)).offset(-1);
            }

            @Override
            protected Integer result(ChainResults results) throws IOException {
              return results.require(1);
            }
          },
          options);
    }
  },
  /** Into the ring's table; no opcode's row, and the same ways to end. */
  ACCEPT_DIRECT(null, OperationKind.ACCEPT) {
    @Override
    void set(Scene scene) throws IOException {
      Descriptor listener = scene.listener();
      scene.call = options -> {
        scene.uring.direct().accept(listener, options).close();
        return null;
      };
    }
  },
  OPENAT_DIRECT(null, OperationKind.OPENAT) {
    @Override
    void set(Scene scene) throws Exception {
      Path pipe = scene.namedPipe();
      scene.call = options -> {
        scene.uring.direct().openat(null, pipe.toString(), MAY_WAIT, 0, options).close();
        return null;
      };
    }
  };

  private static final int MAY_WAIT = Constants.O_RDONLY | Constants.O_CREAT;
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final Set<WaitingOperation> ON_NOTHING =
      EnumSet.of(TIMEOUT, FUTEX_WAIT, FUTEX_WAITV, WAITID, OPENAT, OPENAT2, OPENAT_DIRECT, CHAIN_IN_SLOT);

  final @Nullable Opcode opcode;
  final OperationKind kind;

  WaitingOperation(@Nullable Opcode opcode, OperationKind kind) {
    this.opcode = opcode;
    this.kind = kind;
  }

  abstract void set(Scene scene) throws Exception;

  /** Whether it acts on a descriptor, which may be a direct one. */
  boolean actsOnDescriptor() {
    return !ON_NOTHING.contains(this);
  }

  /** A process with which this one shares no pipe. */
  private static Process started(String... command) throws IOException {
    return new ProcessBuilder(command)
        .redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void check(int result) {
    if (result < 0) {
      throw new AssertionError("answered " + result);
    }
  }

  interface Calling {
    @Nullable Object with(CallOptions options) throws Exception;
  }

  interface Action {
    void run() throws Exception;
  }

  /** What an operation waits on, and what ends its wait. */
  static final class Scene implements AutoCloseable {
    final Uring uring;
    final Path directory;
    private final boolean direct;
    final Deque<AutoCloseable> resources = new ArrayDeque<>();
    Calling call = options -> null;
    Action release = () -> { };
    /** What the peer has to do for the kernel to let go of what was lent to an operation that has ended (K-79). */
    Action settle = () -> { };
    /** What to close to end it; null where it acts on no descriptor. */
    @Nullable Descriptor on;
    /** The handle that its release needs. */
    @Nullable OperationHandle handle;

    Scene(Uring uring, Path directory, boolean direct) {
      this.uring = uring;
      this.directory = directory;
      this.direct = direct;
    }

    <T extends AutoCloseable> T own(T resource) {
      resources.push(resource);
      return resource;
    }

    /** What the operation acts on, of the kind that the scene is about. */
    Descriptor target() {
      return Objects.requireNonNull(on);
    }

    /** A descriptor of the kind that the scene is about, in place of a regular one. */
    Descriptor alike(Descriptor regular) throws IOException {
      if (!direct) {
        return regular;
      }
      Descriptor made = own(uring.direct().filesUpdate(regular, CallOptions.NONE));
      regular.close();
      return made;
    }

    /** Where to write to with what {@link #target} is read from: direct ones have to be of one ring. */
    Descriptor sinkBeside() throws IOException {
      while (true) {
        PipeEnds pipe = own(uring.pipes().open(CallOptions.NONE));
        if (!direct || pipe.sink().table() == target().table()) {
          return alike(pipe.sink());
        }
      }
    }

    Descriptor listener() throws IOException {
      Descriptor regular = own(Connections.listener(uring));
      InetSocketAddress address = Connections.address(regular);
      Descriptor listener = alike(regular);
      on = listener;
      release = () -> {
        // Another one each time: it may take more than one.
        try (Descriptor client = uring.tcpSocket()) {
          uring.connect(client, address);
        }
      };
      return listener;
    }

    Pipe emptyPipe() throws IOException {
      Pipe pipe = own(Pipe.open(uring));
      on = alike(pipe.source());
      release = () -> plainly(address -> SystemCalls.write(pipe.sink().fd(), address, 1));
      return pipe;
    }

    Pipe fullPipe() throws IOException {
      Pipe pipe = own(Pipe.open(uring));
      pipe.fill();
      on = alike(pipe.sink());
      unblock(pipe.source());
      release = () -> plainly(
          address -> orNothing(SystemCalls.read(pipe.source().fd(), address, BufferPool.MAX_BYTES)));
      return pipe;
    }

    Pair emptyConnection() throws IOException {
      Pair pair = own(Connections.pair(uring));
      on = alike(pair.server());
      release = () -> plainly(address -> SystemCalls.send(pair.client().fd(), address, 1, 0));
      return pair;
    }

    Pair fullConnection() throws IOException {
      Pair pair = own(Connections.narrowPair(uring));
      Connections.fillForGood(uring, pair.client());
      on = alike(pair.client());
      release = () -> Connections.takeAll(pair.server());
      return pair;
    }

    Path namedPipe() throws Exception {
      Path pipe = directory.resolve("pipe");
      check(started("mkfifo", pipe.toString()).waitFor());
      release = () -> new RandomAccessFile(pipe.toFile(), "rw").close();
      return pipe;
    }

    /** For a release that is done again and again: there may be nothing left to do. */
    static void unblock(Descriptor descriptor) {
      check(SystemCalls.fcntl(descriptor.fd(), Constants.F_SETFL, Constants.O_NONBLOCK));
    }

    private static int orNothing(int result) {
      return result == -Errno.EAGAIN ? 0 : result;
    }

    private static void plainly(LongToIntFunction call) {
      try (Arena arena = Arena.ofConfined()) {
        check(call.applyAsInt(arena.allocate(BufferPool.MAX_BYTES).address()));
      }
    }

    @Override
    public void close() throws Exception {
      while (!resources.isEmpty()) {
        resources.pop().close();
      }
    }
  }
}
