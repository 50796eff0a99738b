package io.loomring.api;

import io.loomring.error.Call;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.SocketCalls;
import io.loomring.op.OperationKind;
import io.loomring.op.SlotLayout;
import io.loomring.ring.Sqe;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Direct descriptors, from {@link Uring#direct}: slots of a table that the kernel keeps for a ring, in place of numbers in
 * the process's own table. Each is a {@link Descriptor} as any other: every operation that takes a descriptor takes either
 * kind, and {@link Descriptor#close} is the same.
 *
 * <pre>{@code
 * try (Uring uring = Uring.open(UringConfig.defaults().withDirectDescriptors(1024));
 *     Descriptor file = uring.direct().open(path)) {
 *   return uring.read(file, into, 0, CallOptions.NONE);
 * }
 * }</pre>
 *
 * <p>What differs:
 *
 * <ul>
 *   <li>There are as many as {@link UringConfig#directDescriptors} says, for each ring. A call that makes one has its slot
 *       from its beginning, also while it waits; where none is free it fails, with words that say so (ENFILE), and nothing
 *       has been done. The slot is free again when {@link Descriptor#close} has returned.
 *   <li>It belongs to the ring that made it, and so does what is accepted from it. Two of different rings cannot be
 *       spliced.
 *   <li>What is no operation of the ring, but a plain system call on a number, refuses it with an {@link
 *       UnsupportedOperationException}: {@link Descriptor#fd}, and what is built on it, such as the addresses of a socket.
 *       So do operations for which the kernel wants a number: paths relative to a directory, {@link
 *       FileOperations#status(Descriptor, CallOptions)}, and {@link PollOperations#epollControl}.
 *       {@link #fixedFdInstall} makes a regular descriptor for those.
 *   <li>It does not outlive its ring, no other process can have it, and no limit of descriptors counts it.
 * </ul>
 *
 * <p>All calls throw {@link IllegalStateException} where the Uring has no table. What they share beyond that is said in
 * {@link Uring}.
 *
 * @since 0.1
 */
public final class DirectOperations {
  private final Uring uring;

  DirectOperations(Uring uring) {
    this.uring = uring;
  }

  /** How many direct descriptors there may be at a time, over all rings; 0 where the Uring has no table. */
  public int capacity() {
    return uring.sum(table -> table.directSlots().capacity());
  }

  /** How many there are, over all rings, those included that are about to be made. */
  public int inUse() {
    return uring.sum(table -> table.directSlots().taken());
  }

  // ---- making them

  /** Makes a socket. The arguments are those of socket(2). */
  public Descriptor socket(int domain, int type, int protocol, CallOptions options) throws IOException {
    RawOperations.Accepted made = new RawOperations.Accepted();
    int result = request(OperationKind.SOCKET)
        .intoTable(true)
        .until(options)
        .make(made, (sqe, at, op) -> Sqe.prepSocket(sqe, at, domain, type, protocol));
    return made(Call.SOCKET, result, made, null);
  }

  /** Makes a TCP socket, dual-stack where the machine and {@code java.net.preferIPv4Stack} allow. */
  public Descriptor tcpSocket() throws IOException {
    return socket(SocketAddresses.family(), Constants.SOCK_STREAM, 0, CallOptions.NONE);
  }

  /** Waits for a connection. A connection that comes is never lost: a timeout or cancel loses against it. */
  public Descriptor accept(Descriptor listener, CallOptions options) throws IOException {
    RawOperations.Accepted made = new RawOperations.Accepted();
    int result = request(OperationKind.ACCEPT)
        .intoTable(true)
        .on(listener)
        .until(options)
        .make(made, (sqe, at, op) -> Sqe.prepAccept(sqe, at, listener.sqeFd(), 0, 0, 0));
    return made(Call.ACCEPT, result, made, listener);
  }

  /**
   * Connections to a listener, each a descriptor of its taker's, which it closes. It has no end: {@code next()} never
   * answers null. Nobody takes a slot for a connection before it comes: one that finds the table full is dropped by the
   * kernel, and the stream says so by an error (K-66).
   */
  public CompletionStream<Descriptor> acceptAll(Descriptor listener) {
    requireTable();
    return uring.multishot().accept(listener, true);
  }

  /**
   * Opens or makes a file, with the options of {@link java.nio.channels.FileChannel#open}; without any, for reading.
   *
   * @throws UnsupportedOperationException for an option that is not known, such as DELETE_ON_CLOSE
   * @throws IllegalArgumentException for options that exclude each other
   */
  public Descriptor open(Path path, OpenOption... options) throws IOException {
    return openat(
        null, path.toString(), OpenFlags.of(Set.of(options)), FileOperations.DEFAULT_MODE, CallOptions.NONE);
  }

  /** Opens or makes a file: see {@link FileOperations#openat}. The directory is a regular descriptor. */
  public Descriptor openat(@Nullable Descriptor directory, String path, int flags, int mode, CallOptions options)
      throws IOException {
    Request request = request(OperationKind.OPENAT).intoTable(false);
    return uring.files().openat(request, 0, directory, path, flags & ~Constants.O_CLOEXEC, mode, options);
  }

  /** Opens or makes a file: see {@link FileOperations#openat2}. The directory is a regular descriptor. */
  public Descriptor openat2(
      @Nullable Descriptor directory, String path, int flags, int mode, long resolve, CallOptions options)
      throws IOException {
    Request request = request(OperationKind.OPENAT2).intoTable(false);
    return uring.files().openat2(request, 0, directory, path, flags & ~Constants.O_CLOEXEC, mode, resolve, options);
  }

  /** Makes a pipe, of two direct descriptors of one ring; needs Linux 6.16. */
  public PipeEnds pipe(CallOptions options) throws IOException {
    PipeOperations.Made made = new PipeOperations.Made();
    Request request = request(OperationKind.PIPE).intoTable(false).until(options);
    int result = uring.pipes().pipe(made, request, true, true);
    uring.checked(Call.OTHER, result, null);
    return made.ends();
  }

  // ---- one kind into the other

  /**
   * Makes a direct descriptor of the same open file; the regular one stays what it is, and is closed by itself. Their
   * position, if the file has one, is the same.
   *
   * @throws IllegalArgumentException if it is a direct descriptor already
   */
  public Descriptor filesUpdate(Descriptor regular, CallOptions options) throws IOException {
    if (regular.isDirect()) {
      throw new IllegalArgumentException(regular + " is direct already");
    }
    Request request = request(OperationKind.FILES_UPDATE).intoTable(SocketCalls.isSocket(regular)).on(regular);
    RawOperations.Accepted made = new RawOperations.Accepted();
    int result = request.until(options).make(made, (sqe, at, op) -> {
      sqe.set(ValueLayout.JAVA_INT, at + SlotLayout.DATA, regular.fd());
      Sqe.prepFilesUpdateAlloc(sqe, at, op.addressOf(SlotLayout.DATA), 1);
    });
    return alike(regular, made(Call.OTHER, result, made, regular));
  }

  /**
   * Makes a regular descriptor, close-on-exec, of the same open file; the direct one stays what it is, and is closed by
   * itself. Needs Linux 6.8.
   *
   * @throws IllegalArgumentException if it is a regular descriptor already
   */
  public Descriptor fixedFdInstall(Descriptor direct, CallOptions options) throws IOException {
    if (!direct.isDirect()) {
      throw new IllegalArgumentException(direct + " is regular already");
    }
    RawOperations.Accepted made = new RawOperations.Accepted();
    int result = new Request(uring, OperationKind.FIXED_FD_INSTALL)
        .on(direct)
        .until(options)
        .make(made, (sqe, at, op) -> Sqe.prepFixedFdInstall(sqe, at, direct.sqeFd(), 0));
    return alike(direct, made(Call.OTHER, result, made, direct));
  }

  private static Descriptor alike(Descriptor original, Descriptor made) {
    made.requireBufferAlignment(original.bufferAlignment());
    return made;
  }

  /**
   * Keeps a slot for chains that open a file and use it, in one submit: see {@link ReservedSlot}. Its user closes it.
   */
  public ReservedSlot reserve(CallOptions options) throws IOException {
    requireTable();
    Descriptor nothing = uring.polling().epoll();
    Descriptor slot = null;
    try {
      slot = filesUpdate(nothing, options);
    } finally {
      if (slot == null) {
        nothing.close();
      }
    }
    return new ReservedSlot(uring, slot, nothing);
  }

  // ---- the same for all

  private Request request(OperationKind kind) {
    requireTable();
    return new Request(uring, kind);
  }

  void requireTable() {
    if (capacity() == 0) {
      throw new IllegalStateException("this Uring has no table of direct descriptors: open it with"
          + " UringConfig.withDirectDescriptors(n), or with -Dloomring.directDescriptors=n");
    }
  }

  private Descriptor made(
      Call call, int result, RawOperations.Accepted made, @Nullable Descriptor on) throws IOException {
    uring.checked(call, result, on);
    return made.descriptor();
  }
}
