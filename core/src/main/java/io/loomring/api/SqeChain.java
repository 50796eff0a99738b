package io.loomring.api;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.Lend;
import io.loomring.buffer.LentMemory;
import io.loomring.buffer.Resource;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.OperationKind;
import io.loomring.op.Parts;
import io.loomring.ring.IoPrioFlags;
import io.loomring.ring.Opcode;
import io.loomring.ring.PollFlags;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.SqeLayout;
import io.loomring.ring.TimeoutFlags;
import io.loomring.sys.Constants;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a {@link CustomOperation}, one to six, in the order in which they run: each begins when the one before
 * it is through, and not at all where that failed or moved less than it was asked to, unless that has a
 * {@link StagedSqe#hardLink}. Some break no link even where they fail: SHUTDOWN (K-20), and those that make, remove, link
 * and rename files (K-60). For one thread, within {@link CustomOperation#encode}.
 *
 * <p>Refused, when it is submitted, with words:
 *
 * <ul>
 *   <li>Data on a socket anywhere but first, or {@link StagedSqe#async}: the kernel looks such an entry's descriptor up
 *       late, when its number may be another socket's (I-7).
 *   <li>What has more than one completion, such as a multishot receive, or makes more than one descriptor.
 *   <li>Closing, but of a {@link ReservedSlot}: {@link Descriptor#close} does it.
 *   <li>A timeout of its own for an entry: {@link StagedSqe#timed} and the {@link CallOptions} do it.
 * </ul>
 *
 * @since 0.1
 */
public final class SqeChain {
  private static final Set<Opcode> DATA_ON_SOCKETS = EnumSet.of(
      Opcode.SEND, Opcode.RECV, Opcode.SENDMSG, Opcode.RECVMSG, Opcode.SEND_ZC, Opcode.SENDMSG_ZC, Opcode.RECV_ZC);
  private static final Set<Opcode> DATA = EnumSet.of(
      Opcode.READ, Opcode.WRITE, Opcode.READV, Opcode.WRITEV, Opcode.READ_FIXED, Opcode.WRITE_FIXED,
      Opcode.READV_FIXED, Opcode.WRITEV_FIXED, Opcode.SPLICE, Opcode.TEE);
  private static final Set<Opcode> MAKING = EnumSet.of(
      Opcode.OPENAT, Opcode.OPENAT2, Opcode.SOCKET, Opcode.ACCEPT, Opcode.FIXED_FD_INSTALL);

  private static final Set<Opcode> INTO_TABLE =
      EnumSet.of(Opcode.OPENAT, Opcode.OPENAT2, Opcode.SOCKET, Opcode.ACCEPT);

  private final Uring uring;
  private final String name;
  private final List<StagedSqe> entries = new ArrayList<>();
  private final Set<Descriptor> descriptors = new LinkedHashSet<>();
  private final List<Buffer> buffers = new ArrayList<>();
  private final List<Object> kept = new ArrayList<>();
  private final List<Lend> lends = new ArrayList<>();
  /** Slots that entries open something into; and those that hold something where the next entry begins. */
  private final Set<ReservedSlot> slots = new LinkedHashSet<>();
  private final Set<ReservedSlot> filled = new LinkedHashSet<>();
  private @Nullable StagedSqe timed;
  private boolean open = true;

  SqeChain(Uring uring, String name) {
    this.uring = uring;
    this.name = name;
  }

  /** Adds an entry that acts on no descriptor; its field {@code fd} is -1. */
  public StagedSqe add(Opcode opcode) {
    return add(opcode, null, -1);
  }

  /**
   * Adds an entry whose field {@code fd} holds something that is no descriptor of this library's, such as AT_FDCWD or the
   * domain of a socket.
   */
  public StagedSqe add(Opcode opcode, int fd) {
    return add(opcode, null, fd);
  }

  /** Adds an entry that acts on a descriptor, whose close ends the chain. */
  public StagedSqe add(Opcode opcode, Descriptor on) {
    hold(on);
    // A direct one is refused, in words, where the number in the entry would be taken for one of the process (K-67).
    return add(opcode, on, opcode.takesDirect() ? on.sqeFd() : on.fd());
  }

  /**
   * Adds an entry that acts on what an entry before it opens {@linkplain StagedSqe#into into} a slot.
   *
   * @throws IllegalStateException if none does, or it is closed by then
   */
  public StagedSqe add(Opcode opcode, ReservedSlot on) {
    requireFilled(on);
    return add(opcode, on.slot());
  }

  /**
   * Adds an entry that closes what an entry before it opens into a slot. What is not closed this way is closed when the
   * call has ended.
   *
   * @throws IllegalStateException if none does, or it is closed by then
   */
  public StagedSqe close(ReservedSlot slot) {
    requireFilled(slot);
    MemorySegment number = allocate(Integer.BYTES);
    number.set(ValueLayout.JAVA_INT, 0, slot.nothing().fd());
    StagedSqe entry = add(Opcode.FILES_UPDATE, null, -1).memory(number).length(1).offset(slot.slot().sqeFd());
    entry.empties(slot);
    filled.remove(slot);
    return entry;
  }

  private void requireFilled(ReservedSlot slot) {
    requireOpen();
    if (!filled.contains(slot)) {
      throw new IllegalStateException(slot + " holds nothing there: an entry before opens into it (StagedSqe.into)");
    }
  }

  void fill(ReservedSlot slot) {
    hold(slot.slot());
    hold(slot.nothing());
    if (!filled.add(slot)) {
      throw new IllegalStateException(slot + " holds a file there already: close it first (SqeChain.close)");
    }
    slots.add(slot);
  }

  private StagedSqe add(Opcode opcode, @Nullable Descriptor on, int fd) {
    requireOpen();
    uring.support().require(opcode);
    if (entries.size() == Parts.MAX) {
      throw new IllegalStateException("a chain has " + Parts.MAX + " entries at most: submit the rest on its own");
    }
    StagedSqe entry = new StagedSqe(this, opcode, on, fd);
    entries.add(entry);
    return entry;
  }

  /**
   * Native memory for the kernel to read or write, zeroed: the operation's until the call has ended, whatever ends it,
   * and the library's afterwards.
   *
   * @param bytes from 1 on
   */
  public MemorySegment allocate(int bytes) {
    requireOpen();
    Buffer buffer = uring.buffers().acquire(Math.max(1, bytes));
    buffers.add(buffer);
    return buffer.segment().asSlice(0, bytes).fill((byte) 0);
  }

  /** The same with a path, ending with a zero byte. */
  public MemorySegment path(String path) {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    MemorySegment memory = allocate(bytes.length + 1);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, 0, bytes.length);
    return memory;
  }

  /**
   * Lends memory of a user's own until the call has ended, whatever ends it, for entries that write to it, and may read
   * it as well: nobody else has it meanwhile. {@link StagedSqe#memory(Resource)} then takes it.
   *
   * @throws IllegalStateException if it overlaps what is lent already; the message names both
   * @throws IllegalArgumentException if it is read-only
   */
  public void lend(Resource resource) {
    lend(resource, true);
  }

  /**
   * The same for entries that only read it, and others may too.
   *
   * @throws IllegalStateException if it overlaps what is lent already, to be written to; the message names both
   */
  public void lendToRead(Resource resource) {
    lend(resource, false);
  }

  private void lend(Resource resource, boolean mutable) {
    requireOpen();
    lends.add(LentMemory.lend(resource, mutable, name));
  }

  /** Keeps something reachable until the call has ended, such as what owns memory that an address points at. */
  public void keep(Object resource) {
    requireOpen();
    kept.add(Objects.requireNonNull(resource));
  }

  void requireOpen() {
    if (!open) {
      throw new IllegalStateException("entries are written in encode, which is over");
    }
  }

  void hold(Descriptor descriptor) {
    requireOpen();
    descriptors.add(Objects.requireNonNull(descriptor));
  }

  void requireTable(Opcode opcode) {
    if (!INTO_TABLE.contains(opcode)) {
      throw new IllegalArgumentException(opcode + " makes no descriptor that could be a direct one");
    }
    uring.direct().requireTable();
  }

  void timed(StagedSqe entry) {
    requireOpen();
    if (timed != null && timed != entry) {
      throw new IllegalStateException("one entry of a chain is timed, or the whole chain");
    }
    timed = entry;
  }

  long addressOf(MemorySegment segment) {
    requireOpen();
    for (Buffer buffer : buffers) {
      long offset = segment.address() - buffer.address();
      if (segment.isNative() && offset >= 0 && offset + segment.byteSize() <= buffer.capacity()) {
        return segment.address();
      }
    }
    if (segment.isNative() && isLent(segment.address(), segment.byteSize())) {
      return segment.address();
    }
    throw new IllegalArgumentException("memory neither of SqeChain.allocate nor lent to it: nobody keeps "
        + (segment.isNative() ? "other memory from being freed" : "the heap from moving") + " under the kernel");
  }

  long addressOf(Resource resource) {
    requireOpen();
    long address = resource.address();
    if (!isLent(address, resource.byteSize())) {
      throw new IllegalArgumentException("not lent to this chain: SqeChain.lend does that");
    }
    return address;
  }

  private boolean isLent(long address, long bytes) {
    for (Lend lend : lends) {
      long offset = address - lend.address();
      if (offset >= 0 && offset + bytes <= lend.bytes()) {
        return true;
      }
    }
    return false;
  }

  // ---- after encode

  /** Ends the writing, and refuses what cannot be submitted. */
  void seal() {
    open = false;
    if (entries.isEmpty()) {
      throw new IllegalStateException("no entry: encode has to add one at least");
    }
    int needed = entries.size() + 1;
    if (needed > uring.sqEntries()) {
      throw new IllegalStateException("the chain needs " + needed + " entries, its timeout included, and the ring has "
          + uring.sqEntries() + ": raise loomring.sqEntries");
    }
    if (entries.getLast().has(SqeFlags.IO_HARDLINK)) {
      throw new IllegalStateException("the last entry has a hard link, and nothing behind it");
    }
    for (int i = 0; i < entries.size(); i++) {
      check(i, entries.get(i));
    }
  }

  private static void check(int index, StagedSqe entry) {
    Opcode opcode = entry.opcode();
    boolean late = index > 0 || entry.has(SqeFlags.ASYNC);
    if (late && isDataOnSocket(entry)) {
      throw new IllegalArgumentException(opcode + " as entry " + index + (index == 0 ? ", async" : "")
          + ": data on a socket goes first in a chain, and not to a worker, since the kernel would look its descriptor up"
          + " late, when the number may be another socket's (I-7). Submit it on its own");
    }
    if (entry.filled() != null && entry.has(SqeFlags.IO_HARDLINK)) {
      throw new IllegalArgumentException(opcode + " as entry " + index + " opens into a slot, and has a hard link: what is"
          + " behind it would run without its file where it fails");
    }
    switch (opcode) {
      case CLOSE -> refuse(opcode, "Descriptor.close() closes, and waits for what is in flight");
      case LINK_TIMEOUT -> refuse(opcode, "timed() and a timeout of the CallOptions do that");
      case FILES_UPDATE -> {
        if (entry.emptied() == null) {
          refuse(opcode, "Uring.direct().filesUpdate does it, and owns what it makes");
        }
      }
      case PIPE -> refuse(opcode, "it makes two descriptors, for which nobody would be the owner");
      case READ_MULTISHOT, RECV_ZC -> refuse(opcode, "it has more than one result");
      case NOP128, URING_CMD128 -> refuse(opcode, "the ring has entries of 64 bytes");
      case ACCEPT -> refuseMultishot(opcode, entry.hasIoPriority(IoPrioFlags.ACCEPT_MULTISHOT));
      case RECV, RECVMSG -> refuseMultishot(opcode, entry.hasIoPriority(IoPrioFlags.RECV_MULTISHOT));
      case POLL_ADD -> refuseMultishot(opcode, (entry.length() & PollFlags.ADD_MULTI) != 0);
      case TIMEOUT ->
          refuseMultishot(opcode, (entry.operationFlags() & TimeoutFlags.TIMEOUT_MULTISHOT) != 0);
      default -> { }
    }
  }

  private static boolean isDataOnSocket(StagedSqe entry) {
    Descriptor on = entry.on();
    return DATA_ON_SOCKETS.contains(entry.opcode())
        || DATA.contains(entry.opcode()) && on != null && SocketCalls.isSocket(on);
  }

  private static void refuse(Opcode opcode, String why) {
    throw new IllegalArgumentException(opcode + " cannot be an entry of a custom operation: " + why);
  }

  private static void refuseMultishot(Opcode opcode, boolean multishot) {
    if (multishot) {
      refuse(opcode, "multishot has more than one result");
    }
  }

  int count() {
    return entries.size();
  }

  boolean makesDescriptor(int entry) {
    return MAKING.contains(entries.get(entry).opcode()) && entries.get(entry).filled() == null;
  }

  boolean makesDirect(int entry) {
    return entries.get(entry).isIntoTable();
  }

  boolean makesSocket(int entry) {
    Opcode opcode = entries.get(entry).opcode();
    return opcode == Opcode.SOCKET || opcode == Opcode.ACCEPT;
  }

  /** The entry that a timeout is linked to. */
  int timedEntry() {
    StagedSqe entry = timed;
    boolean linkable =
        entry != null && !entry.has(SqeFlags.ASYNC) && !OperationKind.isWorkers(entry.opcode());
    return linkable ? entries.indexOf(entry) : Parts.WHOLE;
  }

  List<Descriptor> descriptors() {
    return List.copyOf(descriptors);
  }

  /** What has to stay reachable until the last completion (I-3). */
  Object lent() {
    return List.of(List.copyOf(buffers), List.copyOf(kept), List.copyOf(lends));
  }

  /** Writes the entries where a slot has them, each linked to the next. */
  void stage(MemorySegment slot, long base, IntUnaryOperator placeOf) {
    for (int i = 0; i < entries.size(); i++) {
      StagedSqe entry = entries.get(i);
      if (!entry.isIntoTable() && entry.filled() == null) {
        closeOnExec(entry);
      }
      entry.copyTo(slot, base + placeOf.applyAsInt(i), i + 1 < entries.size());
    }
  }

  /** Descriptors are not for children of the process (K-30). */
  private static void closeOnExec(StagedSqe entry) {
    switch (entry.opcode()) {
      case OPENAT -> entry.or(SqeLayout.OP_FLAGS, Constants.O_CLOEXEC);
      case ACCEPT -> entry.or(SqeLayout.OP_FLAGS, Constants.SOCK_CLOEXEC);
      case SOCKET -> entry.or(SqeLayout.OFF, Constants.SOCK_CLOEXEC);
      default -> { }
    }
  }

  // ---- reserved slots

  /** Takes the slots that entries open into; throws, and has none, where another chain has one of them. */
  void takeSlots() {
    List<ReservedSlot> taken = new ArrayList<>();
    for (ReservedSlot slot : slots) {
      if (!slot.tryTake()) {
        taken.forEach(one -> one.giveBack(false));
        throw new IllegalStateException(slot + " is another chain's: one has it at a time");
      }
      taken.add(slot);
    }
  }

  /** Gives the slots back that were taken, for a chain that was not submitted. */
  void giveSlotsBack() {
    slots.forEach(slot -> slot.giveBack(false));
  }

  /** The same for one that has ended: files that it has opened into them are closed. */
  void giveSlotsBack(Parts parts) {
    for (ReservedSlot slot : slots) {
      boolean holdsFile = false;
      for (int i = 0; i < entries.size(); i++) {
        StagedSqe entry = entries.get(i);
        if (parts.result(i) >= 0 && (entry.filled() == slot || entry.emptied() == slot)) {
          holdsFile = entry.filled() == slot;
        }
      }
      slot.giveBack(holdsFile);
    }
  }

  /** Gives the memory back: the kernel has let go of it, or has never had it. */
  void giveBack() {
    buffers.forEach(uring.buffers()::release);
    buffers.clear();
    lends.forEach(Lend::giveBack);
    lends.clear();
  }

  /** Gives the memory up: the ring died, and the kernel may still write to it. */
  void abandon() {
    buffers.forEach(uring.buffers()::abandon);
    buffers.clear();
    lends.forEach(Lend::abandon);
    lends.clear();
  }
}
