package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import io.loomring.error.Call;
import io.loomring.error.DescriptorClosedException;
import io.loomring.error.ErrorTable;
import io.loomring.error.OperationCancelledException;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.error.RingDeadException;
import io.loomring.error.UringUnavailableException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.RegularDescriptor;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.poller.PollerGroup;
import io.loomring.ring.KernelSupport;
import io.loomring.ring.Opcode;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * io_uring for code that blocks: every method parks the calling thread, virtual or platform, until the kernel has done
 * what it asks for.
 *
 * <p>What all of them share:
 *
 * <ul>
 *   <li>A timeout of the {@link CallOptions} that passes first: {@link OperationTimeoutException}.
 *   <li>A cancel through the handle of the {@link CallOptions}: {@link OperationCancelledException}.
 *   <li>An interrupt of a virtual thread, looked at when the call would wait: {@link OperationInterruptedException},
 *       with the flag set. Platform threads ignore interrupts.
 *   <li>A {@link Descriptor#close} by another thread: {@link DescriptorClosedException}.
 *   <li>The ring died, or this Uring was closed: {@link RingDeadException}.
 *   <li>A result beats all of these: data that came is delivered.
 *   <li>None returns before the kernel has let go of what the call lent it.
 *   <li>Memory given to a call is copied, on the calling thread, through buffers of this library; so it is the caller's
 *       again when the call returns, and a segment whose arena is closed meanwhile gets the exception of its access. What
 *       {@link #lending} is given is not copied.
 * </ul>
 *
 * <pre>{@code
 * try (Descriptor connection = uring.tcpSocket()) {
 *   uring.connect(connection, server, CallOptions.timeout(Duration.ofSeconds(3)));
 *   uring.send(connection, request, 0, request.length);
 *   int count = uring.recv(connection, reply, 0, reply.length);
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class Uring implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.loomring");
  private static final Object DEFAULT_LOCK = new Object();
  private static volatile @Nullable Uring defaultUring;

  private final UringConfig config;
  private final PollerGroup group;
  private final BufferPool buffers;
  private final RawOperations raw = new RawOperations(this);
  private final CopiedTransfers transfers;
  private final ZeroCopy zeroCopy;
  private final Lending lending = new Lending(this);
  private final Multishot multishot = new Multishot(this);
  private final FileOperations files;
  private final CustomOperations custom = new CustomOperations(this);
  private final SocketOperations sockets = new SocketOperations(this);
  private final TimerOperations timers = new TimerOperations(this);
  private final PipeOperations pipes = new PipeOperations(this);
  private final PollOperations polling = new PollOperations(this);
  private final ProcessOperations processes = new ProcessOperations(this);
  private final DirectOperations direct = new DirectOperations(this);
  private final RingOperations rings = new RingOperations(this);
  private final Monitoring monitoring;
  private volatile boolean closed;

  Uring(UringConfig config, PollerGroup group) {
    ErrorTable.prepare();
    this.config = config;
    this.zeroCopy = new ZeroCopy(this, config.zeroCopyBytes());
    this.group = group;
    this.buffers = new BufferPool(config.maxPooledBytes());
    this.transfers = new CopiedTransfers(this, raw, buffers);
    this.monitoring = new Monitoring(config.name(), group, this::stats, this::describe);
    this.files = new FileOperations(this, raw, buffers);
  }

  // ---- getting one

  /**
   * The one that everything uses which is not told otherwise: made at first use from
   * {@link UringConfig#fromSystemProperties}, with daemon threads, never closed by the library. After its ring died the
   * next call makes a fresh one (I-14).
   *
   * @throws UringUnavailableException if io_uring cannot be had here; the message says why, and what to do
   */
  public static Uring getDefault() {
    Uring current = defaultUring;
    return current != null && current.isSound() ? current : makeDefault();
  }

  private static Uring makeDefault() {
    synchronized (DEFAULT_LOCK) {
      Uring current = defaultUring;
      if (current == null || !current.isSound()) {
        current = open(UringConfig.fromSystemProperties());
        defaultUring = current;
      }
      return current;
    }
  }

  /**
   * Makes one of its own, which its user closes.
   *
   * @throws UringUnavailableException if io_uring cannot be had here; the message says why, and what to do
   */
  public static Uring open(UringConfig config) {
    Availability.requirePlatform();
    Uring uring = new Uring(config, config.start());
    uring.monitoring.registerIfAsked();
    if (LOG.isLoggable(System.Logger.Level.DEBUG)) {
      LOG.log(System.Logger.Level.DEBUG, uring.describe());
    }
    return uring;
  }

  /** Whether a whole round trip through a ring works here (K-27). */
  public static boolean isAvailable() {
    return unavailabilityCause() == null;
  }

  /**
   * Why {@link #isAvailable} says no, or null where it says yes. Success and {@linkplain
   * UringUnavailableException#isRefusal refusal} are found out once; a shortage, which may pass, with each call.
   */
  public static @Nullable UringUnavailableException unavailabilityCause() {
    return Availability.cause();
  }

  /**
   * Does nothing where io_uring works.
   *
   * @throws UringUnavailableException naming the cause and the remedy where it does not
   */
  public static void ensureAvailable() {
    UringUnavailableException cause = unavailabilityCause();
    if (cause != null) {
      throw cause.again();
    }
  }

  /** Whether its rings work, and it is not closed. */
  public boolean isSound() {
    return !closed && group.failure() == null;
  }

  // ---- threads

  /**
   * Makes virtual threads that run on the loops of this Uring, one loop after the other; where it has none
   * ({@link UringConfig#loops}), or cannot have any, they run on the JDK's scheduler as all others do.
   *
   * <p>A loop is one platform thread that owns a ring and carries its threads: their completions cost no thread hop,
   * and a thread that computes, or blocks its carrier, keeps all others of the loop waiting, with everybody who uses its
   * sockets. Virtual threads that such a thread starts run on the same loop; what a platform thread starts does not.
   * After {@link #close} they go on, on other carriers.
   */
  public ThreadFactory threadFactory() {
    return task -> group.nextThreadBuilder().unstarted(task);
  }

  /** Whether {@link #threadFactory} makes threads of loops. */
  public boolean hasLoops() {
    return group.hasLoops();
  }

  /**
   * How many carriers the JDK's scheduler runs virtual threads on just now. This library never changes that; why one may
   * want to is said in {@link #describe} and the documentation.
   */
  public static int schedulerParallelism() {
    return JdkScheduler.parallelism();
  }

  /**
   * How this Uring is set up, and what runs its virtual threads, in one line; with what to consider, where measurements
   * speak for it. Logged when a Uring is opened, at level {@code DEBUG} of the logger {@code io.loomring}.
   */
  public String describe() {
    if (hasLoops()) {
      return this + ", loops: " + config.rings() + ", on which the threads of its threadFactory() run";
    }
    int parallelism = schedulerParallelism();
    return this + ", default driver: virtual threads run on the JDK's scheduler, parallelism " + parallelism
        + (parallelism == 1 ? "" : "; for many small requests consider fewer carriers, process-wide"
            + " (-Djdk.virtualThreadScheduler.parallelism=1, or VirtualThreadSchedulerMXBean.setParallelism(1)),"
            + " or loops (loomring.loops=true)");
  }

  // ---- descriptors

  /** Makes a socket, close-on-exec. The arguments are those of socket(2). */
  public Descriptor socket(int domain, int type, int protocol) throws IOException {
    RawOperations.Accepted made = new RawOperations.Accepted();
    checked(Call.SOCKET, raw.socket(domain, type, protocol, made), null);
    return made.descriptor();
  }

  /** Makes a TCP socket, dual-stack where the machine and {@code java.net.preferIPv4Stack} allow. */
  public Descriptor tcpSocket() throws IOException {
    return socket(SocketAddresses.family(), Constants.SOCK_STREAM, 0);
  }

  /**
   * Takes over an open descriptor of the process: {@link Descriptor#close} closes it, and nobody else may.
   *
   * @throws IOException if this Uring is closed
   */
  public Descriptor adopt(int fd) throws IOException {
    return tie(fd, true);
  }

  /**
   * Uses an open descriptor that stays its owner's, such as 0 for standard input: {@link Descriptor#close} ends what is
   * pending on it and leaves it open. It must stay open until then.
   *
   * @throws IOException if this Uring is closed
   */
  public Descriptor borrow(int fd) throws IOException {
    return tie(fd, false);
  }

  private Descriptor tie(int fd, boolean owned) throws IOException {
    if (fd < 0) {
      throw new IllegalArgumentException("descriptor " + fd + " is negative");
    }
    OperationTable table = nextTable();
    Operation closing = table.acquire(null, Deadline.NONE);
    if (closing == null) {
      throw new RingDeadException(table.closedCause());
    }
    return RegularDescriptor.of(table, closing, fd, owned);
  }

  /** Closes a descriptor: see {@link Descriptor#close}. */
  public void close(Descriptor descriptor) throws IOException {
    descriptor.close();
  }

  // ---- connections

  /**
   * Binds a socket, through the ring where the kernel can, else with a plain system call.
   *
   * @throws java.net.BindException if the address is in use, not this machine's, or not allowed
   */
  public void bind(Descriptor socket, InetSocketAddress address) throws IOException {
    SocketOperations.requireUsable(address);
    int result = support().has(Opcode.BIND)
        ? raw.bind(socket, address.getAddress(), address.getPort())
        : SocketCalls.bind(socket, address.getAddress(), address.getPort());
    checked(Call.BIND, result, socket);
  }

  /**
   * Makes a socket listen, through the ring where the kernel can, else with a plain system call. Where nobody else has its
   * file, say so ({@link Descriptor#listensAlone}), and nobody connects to it behind its close.
   */
  public void listen(Descriptor socket, int backlog) throws IOException {
    int result = support().has(Opcode.LISTEN) ? raw.listen(socket, backlog) : SocketCalls.listen(socket, backlog);
    checked(Call.LISTEN, result, socket);
  }

  /** Waits for a connection. */
  public Descriptor accept(Descriptor socket) throws IOException {
    return accept(socket, CallOptions.NONE);
  }

  /** Waits for a connection. A connection that comes is never lost: a timeout or cancel loses against it. */
  public Descriptor accept(Descriptor socket, CallOptions options) throws IOException {
    RawOperations.Accepted accepted = new RawOperations.Accepted();
    long deadline = options.deadlineFromNow();
    int result = raw.accept(socket, accepted, deadline, options.isInterruptible(), options.handle());
    checked(Call.ACCEPT, result, socket);
    return accepted.descriptor();
  }

  /** Connects a socket. */
  public void connect(Descriptor socket, InetSocketAddress address) throws IOException {
    connect(socket, address, CallOptions.NONE);
  }

  /**
   * Connects a socket. After a timeout or cancel it can only be closed.
   *
   * @throws java.net.ConnectException if nobody listens there
   */
  public void connect(Descriptor socket, InetSocketAddress address, CallOptions options) throws IOException {
    SocketOperations.requireUsable(address);
    long deadline = options.deadlineFromNow();
    int result = raw.connect(
        socket, address.getAddress(), address.getPort(), deadline, options.isInterruptible(), options.handle());
    checked(Call.CONNECT, result, socket);
  }

  /** Ends one or both directions: {@code how} is SHUT_RD, SHUT_WR or SHUT_RDWR. */
  public void shutdown(Descriptor socket, int how) throws IOException {
    checked(Call.SHUTDOWN, raw.shutdown(socket, how), socket);
  }

  // ---- data on sockets

  /** Receives into the range, at least one byte; -1 at the end of the stream; 0 for an empty range, at once. */
  public int recv(Descriptor socket, byte[] into, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    return recv(socket, MemorySegment.ofArray(into).asSlice(offset, length), CallOptions.NONE);
  }

  /** Receives into what remains of the buffer, and advances its position. */
  public int recv(Descriptor socket, ByteBuffer into, CallOptions options) throws IOException {
    CopiedTransfers.requireWritable(into);
    return CopiedTransfers.advanced(into, recv(socket, MemorySegment.ofBuffer(into), options));
  }

  /** Receives into a segment, at least one byte; -1 at the end of the stream; 0 for an empty segment, at once. */
  public int recv(Descriptor socket, MemorySegment into, CallOptions options) throws IOException {
    return transfers.receive(socket, into, OperationKind.RECV, -1, options);
  }

  /** Sends all of the range. */
  public void send(Descriptor socket, byte[] from, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    send(socket, MemorySegment.ofArray(from).asSlice(offset, length), CallOptions.NONE);
  }

  /** Sends all that remains of the buffer, and advances its position by what was sent, also where it fails midway. */
  public void send(Descriptor socket, ByteBuffer from, CallOptions options) throws IOException {
    transfers.send(socket, MemorySegment.ofBuffer(from), options, from);
  }

  /**
   * Sends all of a segment. Where it fails midway the exception says after how many bytes: one of a timeout or an interrupt
   * in its {@code bytesTransferred}, any other by a suppressed one.
   */
  public void send(Descriptor socket, MemorySegment from, CallOptions options) throws IOException {
    transfers.send(socket, from, options, null);
  }

  /** Operations on sockets beside moving data: options, queues, and what {@code Uring} has without a timeout. */
  public SocketOperations sockets() {
    return sockets;
  }

  /** Timers of the kernel. */
  public TimerOperations timers() {
    return timers;
  }

  /** Waiting for readiness: poll and epoll. */
  public PollOperations polling() {
    return polling;
  }

  /** Waiting for processes, and for words of memory. */
  public ProcessOperations processes() {
    return processes;
  }

  /** Messages between rings. */
  public RingOperations rings() {
    return rings;
  }

  /** Operations of the user's own: one entry, or a chain of several. */
  public CustomOperations custom() {
    return custom;
  }

  /** Reads and writes with memory that is lent to the kernel, and not copied. */
  public Lending lending() {
    return lending;
  }

  /** Operations on files: opening, positional reads and writes, status. */
  public FileOperations files() {
    return files;
  }

  /** Direct descriptors: slots of a ring's own table in place of numbers of the process. */
  public DirectOperations direct() {
    return direct;
  }

  /** Pipes, and moving bytes through them without copying: splice and tee. */
  public PipeOperations pipes() {
    return pipes;
  }

  // ---- data on files, pipes and terminals

  /**
   * Reads at a file offset, or at the current position where that is -1, as pipes and terminals need it.
   *
   * @return how many bytes, at least one; -1 at the end; 0 for an empty segment, at once
   */
  public int read(Descriptor from, MemorySegment into, long fileOffset, CallOptions options) throws IOException {
    return transfers.receive(from, into, OperationKind.READ, fileOffset, options);
  }

  /** The same into a range of an array. */
  public int read(Descriptor from, byte[] into, int offset, int length, long fileOffset, CallOptions options)
      throws IOException {
    Objects.checkFromIndexSize(offset, length, into.length);
    return read(from, MemorySegment.ofArray(into).asSlice(offset, length), fileOffset, options);
  }

  /** The same into what remains of a buffer, whose position advances. */
  public int read(Descriptor from, ByteBuffer into, long fileOffset, CallOptions options) throws IOException {
    CopiedTransfers.requireWritable(into);
    return CopiedTransfers.advanced(into, read(from, MemorySegment.ofBuffer(into), fileOffset, options));
  }

  /**
   * Writes at a file offset, or at the current position where that is -1.
   *
   * @return how many bytes were written, which may be fewer than the segment has
   */
  public int write(Descriptor to, MemorySegment from, long fileOffset, CallOptions options) throws IOException {
    return transfers.write(to, from, fileOffset, options);
  }

  /** The same from a range of an array. */
  public int write(Descriptor to, byte[] from, int offset, int length, long fileOffset, CallOptions options)
      throws IOException {
    Objects.checkFromIndexSize(offset, length, from.length);
    return write(to, MemorySegment.ofArray(from).asSlice(offset, length), fileOffset, options);
  }

  /** The same from what remains of a buffer, whose position advances by what was written. */
  public int write(Descriptor to, ByteBuffer from, long fileOffset, CallOptions options) throws IOException {
    return CopiedTransfers.advanced(from, write(to, MemorySegment.ofBuffer(from), fileOffset, options));
  }

  // ---- the rest

  /** Goes through the kernel and back. */
  public void nop() throws IOException {
    checked(Call.OTHER, raw.nop(), null);
  }

  /** The same with a timeout and a handle, which it seldom needs: where no slot is free, or the ring has much to do. */
  public void nop(CallOptions options) throws IOException {
    int result = new Request(this, OperationKind.NOP).until(options).issue((sqe, at, op) -> Sqe.prepNop(sqe, at));
    checked(Call.OTHER, result, null);
  }

  /** Waits for {@code duration} on a timer of the kernel. */
  public void timeout(Duration duration) throws IOException {
    timeout(duration, CallOptions.NONE);
  }

  /** Waits for {@code duration} on a timer of the kernel. */
  public void timeout(Duration duration, CallOptions options) throws IOException {
    timers.timeout(duration, options);
  }

  /**
   * Waits until the descriptor is ready for one of {@code events} (POLLIN, POLLOUT, ...); answers those it is ready
   * for.
   */
  public int poll(Descriptor on, int events, CallOptions options) throws IOException {
    return polling.poll(on, events, options);
  }

  /** Cancels the call that was given the handle: see {@link OperationHandle#cancel}. */
  public OperationHandle.Answer cancel(OperationHandle handle) {
    return handle.cancel();
  }

  /** Cancels every call on a descriptor, which stays open; without waiting for their ends. Answers how many. */
  public int cancelAll(Descriptor on) {
    return on.table().cancelAll(on, Outcome.CANCELLED);
  }

  /** Cancels every call that is in flight; without waiting for their ends. Answers how many. */
  public int cancelAll() {
    return group.sum(table -> table.cancelAll(Outcome.CANCELLED));
  }

  /** Operations that complete again and again, as streams. */
  public Multishot multishot() {
    return multishot;
  }

  /** Sends without a copy in the kernel. */
  public ZeroCopy zeroCopy() {
    return zeroCopy;
  }

  /** The same operations without exceptions, for code that builds on this library. */
  public RawOperations raw() {
    return raw;
  }

  /** The buffers that bytes travel in. */
  public BufferPool buffers() {
    return buffers;
  }

  /** What the kernel can do. */
  public KernelSupport support() {
    return group.support();
  }

  /** Submission queue entries of each ring: fewer than configured where memory that may be locked is short (K-26). */
  public int sqEntries() {
    return group.sqEntries();
  }

  OperationTable nextTable() {
    return group.nextTable();
  }

  int sum(ToIntFunction<OperationTable> figure) {
    return group.sum(figure);
  }

  /** Figures. Costs a walk over the operation tables. */
  public UringStats stats() {
    return UringStats.of(group, buffers);
  }

  /** Figures and what is in flight for whoever runs the program: JMX, flight recordings, dumps. */
  public Monitoring monitoring() {
    return monitoring;
  }

  /** How many operations of {@code kind} are in flight. Costs a walk over the operation tables. */
  public int inFlight(OperationKind kind) {
    return group.sum(table -> table.inFlight(kind));
  }

  /**
   * Refuses new operations, closes every descriptor, cancels the rest, waits for the kernel to let go of all, and
   * stops; what it still holds after the configured close timeout is leaked, and logged. Every waiting call has been
   * ended. An interrupt does not end the wait. The second close does nothing. A loop that a thread of its own keeps busy
   * all the time is left behind, and logged; it ends when that thread lets go.
   */
  @Override
  public void close() {
    close(config.closeTimeout());
  }

  /**
   * The same with a time to wait for the kernel; answers how many operations it ended, and which it had to leave: what is
   * left is leaked. The second close finds nothing.
   */
  public CloseReport close(Duration timeout) {
    if (closed) {
      return CloseReport.NOTHING;
    }
    group.requireDriver();
    long deadline = Deadline.after(timeout);
    closed = true;
    monitoring.unregister();
    int before = group.sum(OperationTable::inFlight);
    List<String> left = group.close(deadline);
    return new CloseReport(Math.max(0, before - left.size()), left);
  }

  /** Gives a buffer back, but not one that a dead ring may still write to. */
  void giveBack(Buffer buffer, int result) {
    if (result == Outcome.RING_DEAD) {
      buffers.abandon(buffer);
    } else {
      buffers.release(buffer);
    }
  }

  int checked(Call call, int result, @Nullable Descriptor on) throws IOException {
    if (result < 0) {
      throw failure(call, result, on);
    }
    return result;
  }

  IOException failure(Call call, int result, @Nullable Descriptor on) {
    if (Outcome.isErrno(result)) {
      return ErrorTable.socketException(call, -result);
    }
    if (result == Outcome.RING_DEAD && on != null) {
      return new RingDeadException(on.table().closedCause());
    }
    return failure(call.name().toLowerCase(java.util.Locale.ROOT) + (on == null ? "" : " on " + on), result);
  }

  /** The exception for an {@link Outcome}. */
  IOException failure(String what, int outcome) {
    return switch (outcome) {
      case Outcome.TIMED_OUT -> new OperationTimeoutException("timed out: " + what);
      case Outcome.CANCELLED -> new OperationCancelledException("cancelled: " + what);
      case Outcome.INTERRUPTED -> new OperationInterruptedException("interrupted: " + what);
      case Outcome.NO_SLOT -> new IOException("ENFILE: no slot is free for a direct descriptor: " + what
          + "; each ring has a table of " + config.directDescriptors()
          + ": close some, or have more (UringConfig.withDirectDescriptors, loomring.directDescriptors)");
      case Outcome.CLOSED -> new DescriptorClosedException("closed: " + what);
      default -> new RingDeadException(group.failure());
    };
  }

  @Override
  public String toString() {
    return "Uring[" + config.name() + ", " + config.rings() + " x " + sqEntries() + " entries"
        + (isSound() ? "" : ", dead") + "]";
  }
}
