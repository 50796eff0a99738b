package io.loomring.api;

import io.loomring.buffer.Resource;
import io.loomring.fd.Descriptor;
import io.loomring.ring.OpFlags;
import io.loomring.ring.Opcode;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.SqeLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a {@link SqeChain}, with the fields of {@code struct io_uring_sqe}; what is not set is zero. Which field
 * means what for an opcode is the manual's to say (io_uring_enter(2)).
 *
 * @since 0.1
 */
public final class StagedSqe {
  private final SqeChain chain;
  private final Opcode opcode;
  private final @Nullable Descriptor on;
  private final MemorySegment sqe = MemorySegment.ofArray(new long[SqeLayout.BYTES / Long.BYTES]);
  private int flags;
  private int moreOperationFlags;
  private boolean intoTable;
  private @Nullable ReservedSlot filled;
  private @Nullable ReservedSlot emptied;

  StagedSqe(SqeChain chain, Opcode opcode, @Nullable Descriptor on, int fd) {
    this.chain = chain;
    this.opcode = opcode;
    this.on = on;
    Sqe.prep(sqe, 0, opcode, fd, 0, 0, 0, 0);
  }

  /**
   * Memory of {@link SqeChain#allocate}, or what was lent to the chain, or a slice of it: its address and length.
   *
   * @throws IllegalArgumentException for any other memory, which nobody keeps from being freed under the kernel
   */
  public StagedSqe memory(MemorySegment segment) {
    return address(segment).length(Math.toIntExact(segment.byteSize()));
  }

  /**
   * Memory that was {@linkplain SqeChain#lend lent} to the chain, or a slice of it: its address and length.
   *
   * @throws IllegalArgumentException if it was not
   */
  public StagedSqe memory(Resource resource) {
    return address(chain.addressOf(resource)).length((int) Math.min(Integer.MAX_VALUE, resource.byteSize()));
  }

  /** {@link #memory(MemorySegment)}, only the address. */
  public StagedSqe address(MemorySegment segment) {
    return address(chain.addressOf(segment));
  }

  /**
   * An address as it is, or what else the opcode wants in this field. Memory there must stay until the call has ended:
   * {@link SqeChain#keep} keeps what owns it from being collected, nobody keeps it from being freed.
   */
  public StagedSqe address(long value) {
    return set(SqeLayout.ADDR, value);
  }

  /** The field {@code len}. */
  public StagedSqe length(int value) {
    return set(SqeLayout.LEN, value);
  }

  /** The field {@code off}, or {@code addr2}. */
  public StagedSqe offset(long value) {
    return set(SqeLayout.OFF, value);
  }

  /** {@link #offset} with memory of {@link SqeChain#allocate}, where the field is {@code addr2}. */
  public StagedSqe offset(MemorySegment segment) {
    return offset(chain.addressOf(segment));
  }

  /** The opcode's own flags: {@code rw_flags}, {@code open_flags}, {@code msg_flags} and the like. */
  public StagedSqe operationFlags(int value) {
    return set(SqeLayout.OP_FLAGS, value);
  }

  /** The field {@code ioprio}. */
  public StagedSqe ioPriority(int value) {
    chain.requireOpen();
    sqe.set(ValueLayout.JAVA_SHORT, SqeLayout.IOPRIO, (short) value);
    return this;
  }

  /** The field {@code buf_index}. */
  public StagedSqe bufferIndex(int value) {
    chain.requireOpen();
    sqe.set(ValueLayout.JAVA_SHORT, SqeLayout.BUF_INDEX, (short) value);
    return this;
  }

  /** Has the kernel pick the memory from a group of buffers: the flags of the result name the one. */
  public StagedSqe selectBuffer(int group) {
    flag(SqeFlags.BUFFER_SELECT);
    return bufferIndex(group);
  }

  /** The field {@code addr3}. */
  public StagedSqe address3(long value) {
    chain.requireOpen();
    sqe.set(ValueLayout.JAVA_LONG, SqeLayout.ADDR3, value);
    return this;
  }

  /**
   * The descriptor that a SPLICE or TEE reads from; its close ends the chain, as that of any that is named.
   *
   * @throws IllegalArgumentException for any other opcode
   */
  public StagedSqe spliceFrom(Descriptor from) {
    if (opcode != Opcode.SPLICE && opcode != Opcode.TEE) {
      throw new IllegalArgumentException(opcode + " has no second descriptor: SPLICE and TEE have");
    }
    chain.hold(from);
    moreOperationFlags = from.isDirect() ? OpFlags.SPLICE_FD_IN_FIXED : 0;
    return set(SqeLayout.FILE_INDEX, from.sqeFd());
  }

  /**
   * Has the descriptor that it makes be a direct one: of an OPENAT, OPENAT2, SOCKET or ACCEPT.
   *
   * @throws IllegalArgumentException for any other opcode
   * @throws IllegalStateException if the Uring has no table of direct descriptors
   */
  public StagedSqe direct() {
    chain.requireOpen();
    chain.requireTable(opcode);
    if (filled != null) {
      throw new IllegalStateException(opcode + " opens into a reserved slot already");
    }
    intoTable = true;
    return this;
  }

  /**
   * Has the file that an OPENAT or OPENAT2 opens be in a slot that was reserved, for the entries behind it: see {@link
   * ReservedSlot}. Its result is zero then, and O_CLOEXEC must not be among its flags. It has no {@link #hardLink}: where it
   * fails there is no file for those behind it.
   *
   * @throws IllegalArgumentException for any other opcode
   * @throws IllegalStateException if an entry before it opens into the slot, and none closes it
   */
  public StagedSqe into(ReservedSlot slot) {
    if (opcode != Opcode.OPENAT && opcode != Opcode.OPENAT2) {
      throw new IllegalArgumentException(opcode + " opens no file: OPENAT and OPENAT2 do");
    }
    if (intoTable || filled != null) {
      throw new IllegalStateException(opcode + " makes a direct descriptor already");
    }
    chain.fill(slot);
    filled = slot;
    return this;
  }

  /** Says that it closes what is in a slot. */
  void empties(ReservedSlot slot) {
    emptied = slot;
  }

  /** The slot that it opens into. */
  @Nullable ReservedSlot filled() {
    return filled;
  }

  /** The slot that it empties. */
  @Nullable ReservedSlot emptied() {
    return emptied;
  }

  /** Has the kernel leave it to a worker from the start ({@code IOSQE_ASYNC}); not for data on a socket (I-7). */
  public StagedSqe async() {
    return flag(SqeFlags.ASYNC);
  }

  /** Has the next entry run whatever becomes of this one ({@code IOSQE_IO_HARDLINK}). */
  public StagedSqe hardLink() {
    return flag(SqeFlags.IO_HARDLINK);
  }

  /**
   * Makes it the one that the timeout of the call ends, through a timeout linked to it; without, the timeout is for the
   * whole chain. One that a worker does, such as FSYNC, cannot have one: then it is for the whole chain, too.
   */
  public StagedSqe timed() {
    chain.timed(this);
    return this;
  }

  private StagedSqe set(int field, int value) {
    chain.requireOpen();
    sqe.set(ValueLayout.JAVA_INT, field, value);
    return this;
  }

  private StagedSqe set(int field, long value) {
    chain.requireOpen();
    sqe.set(ValueLayout.JAVA_LONG, field, value);
    return this;
  }

  private StagedSqe flag(int flag) {
    chain.requireOpen();
    flags |= flag;
    return this;
  }

  Opcode opcode() {
    return opcode;
  }

  @Nullable Descriptor on() {
    return on;
  }

  boolean isIntoTable() {
    return intoTable;
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  boolean hasIoPriority(int flag) {
    return (sqe.get(ValueLayout.JAVA_SHORT, SqeLayout.IOPRIO) & flag) != 0;
  }

  int operationFlags() {
    return sqe.get(ValueLayout.JAVA_INT, SqeLayout.OP_FLAGS);
  }

  int length() {
    return sqe.get(ValueLayout.JAVA_INT, SqeLayout.LEN);
  }

  /** Adds what must be among the bits of a field of 32 bits. */
  void or(int field, int bits) {
    sqe.set(ValueLayout.JAVA_INT, field, sqe.get(ValueLayout.JAVA_INT, field) | bits);
  }

  void copyTo(MemorySegment slot, long at, boolean linked) {
    Sqe.copy(sqe, 0, slot, at);
    if (intoTable) {
      Sqe.intoTable(slot, at);
    }
    ReservedSlot into = filled;
    if (into != null) {
      Sqe.intoSlot(slot, at, into.slot().sqeFd());
    }
    if (moreOperationFlags != 0) {
      slot.set(ValueLayout.JAVA_INT, at + SqeLayout.OP_FLAGS, operationFlags() | moreOperationFlags);
    }
    boolean soft = linked && !has(SqeFlags.IO_HARDLINK);
    Sqe.setFlags(slot, at, flags | (soft ? SqeFlags.IO_LINK : 0) | (on == null ? 0 : on.sqeFlags()));
  }
}
