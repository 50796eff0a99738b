package io.loomring.testkit;

import io.loomring.ring.CancelFlags;
import io.loomring.ring.CompletionQueue;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.CqeLayout;
import io.loomring.ring.EnterFlags;
import io.loomring.ring.IoPrioFlags;
import io.loomring.ring.KernelSupport;
import io.loomring.ring.Opcode;
import io.loomring.ring.PollFlags;
import io.loomring.ring.RegisterOps;
import io.loomring.ring.Ring;
import io.loomring.ring.SqRingFlags;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.SqeLayout;
import io.loomring.ring.SubmissionQueue;
import io.loomring.ring.UserData;
import io.loomring.sys.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A ring without a kernel behind it: what the kernel may do is chosen by a seed, and done in the calling thread. It keeps
 * files under numbers, takes entries, links them, arms timeouts, cancels, and completes in any order that the real one
 * may; {@link Fault} names what it does beyond the ordinary. Time passes where {@link #advance} says so.
 *
 * <p>It judges, too: what no ring may be asked for is told to the {@link Watcher} as a violation.
 */
public final class SimulatedRing implements Ring {
  /** Numbers of files begin here: no process has them, so a plain close of one does no harm. */
  public static final int FIRST_FD = 0x4000_0000;

  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final int SQ_HEAD = 0;
  private static final int SQ_TAIL = 4;
  private static final int SQ_FLAGS = 8;
  private static final int CQ_HEAD = 12;
  private static final int CQ_TAIL = 16;
  private static final int CQ_LOST = 20;
  private static final int HEADER_BYTES = 64;
  /** Of a message for whose completion there is no memory. */
  private static final int EOVERFLOW = 75;
  /** A number of the sort that enter answers; nothing looks behind it. */
  private static final int RING_FD = FIRST_FD - 1;

  @SuppressWarnings("restricted")
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /** What the kernel may do, beyond taking an entry and completing it. */
  public enum Fault {
    ENTER_INTERRUPTED, ENTER_BUSY, ENTER_NO_MEMORY, PARTLY_SUBMITTED, CHAIN_TORN, OVERFLOW, OVERFLOW_FLUSHED,
    HELD_BACK, COMPLETED_AT_ONCE, COMPLETED_OUT_OF_ORDER, SHORT, REFUSED, NO_DESCRIPTOR_LEFT, SUBMITTER_GONE,
    SUBMITTER_GONE_EINTR, SUBMITTER_GONE_ERESTARTSYS, TIMEOUT_OF_GONE_SUBMITTER, TIMEOUT_FIRED, LINKED_TIMEOUT_FIRED,
    LINKED_TIMEOUT_FOUND_WORKER, LINKED_TIMEOUT_SAW_NOTHING, LINKED_TIMEOUT_COUNTED, LINKED_TIMEOUT_ALONE,
    CANCEL_HIT, CANCEL_HIT_EINTR, CANCEL_LEFT_PART, CANCEL_MET_SUCCESS, CANCEL_TOO_LATE, CANCEL_IN_TRANSIT,
    CANCEL_SAW_NOTHING, CANCEL_FOUND_WORKER, CANCEL_FOUND_WOKEN, CANCEL_FD_HIT, CANCEL_FD_FOUND_NOTHING, CANCEL_FD_MISSED, CANCEL_FD_FAILED,
    CLOSE_CUT_OFF, CLOSE_BY_WORKER, NUMBER_USED_AGAIN, LINK_BROKEN, HARD_LINK_HELD, MULTISHOT_BROUGHT, MULTISHOT_ENDED,
    MULTISHOT_ENDED_WITH_RESULT, MULTISHOT_CUT_OFF, NOTICE_LATER, NOTICE_AFTER_ERROR, CONNECT_GOES_ON, DROPPED, LOST,
    SLOT_USED_AGAIN, SLOT_USED_BEFORE_CLOSE_SEEN, SLOT_NOT_THE_LOWEST, NO_SLOT_LEFT, MADE_IN_MEMORY, CANCEL_FD_HIT_ALIAS,
    BUFFER_PICKED, BUFFER_GOES_ON, NO_BUFFER_LEFT, END_OF_STREAM, KEPT_IN_ORDER,
    MESSAGE_POSTED, MESSAGE_FROM_OTHER_RING, MESSAGE_REFUSED,
    READ_BROUGHT, READ_SHORT, READ_ENDED_WITH_RESULT, READ_FOUND_NO_BUFFER, READ_FOUND_END, READ_REFUSED,
    READ_NOT_TO_BE_WAITED_FOR, READ_CUT_OFF, READ_CANCELLED,
    PIPE_MADE, DIRECT_PIPE_MADE, PIPE_REFUSED, DIRECT_PIPE_FOUND_NO_SLOT, DIRECT_PIPE_FOUND_NO_SECOND_SLOT, PIPE_CANCELLED,
    LINKED_MAKER_RAN, LINKED_MAKER_WAS_NOT_REACHED, LINK_BROKEN_BEHIND_MAKER,
    GROUP_REGISTERED, GROUP_NOT_INCREMENTAL, GROUP_REFUSED, GROUP_UNREGISTERED,
    SUBMISSIONS_WRAPPED, SUBMISSIONS_WRAPPED_SIGN, COMPLETIONS_WRAPPED, COMPLETIONS_WRAPPED_SIGN,
    BUFFERS_WRAPPED, BUFFERS_WRAPPED_SIGN
  }

  /** Who models what the ring is asked for. */
  public interface Watcher {
    /** Another thread may act, in the midst of the turn. */
    default void entering() {}

    /** An entry was taken. */
    default void taken(Request request) {}

    /** It begins to work on a descriptor. */
    default void begun(Request request) {}

    /** A completion is made of it that is a message. */
    default void messaged(long userData, int message) {}

    /** It has put bytes into a buffer of the group, each of them {@code fill}. */
    default void picked(Request request, int number, long address, int bytes, byte fill) {}

    /** The table of direct descriptors has no slot for what it makes. */
    default void tableFull(Request request) {}

    /** A completion was made; it may be seen from now on. */
    default void completed(Request request, int result, int flags) {}

    void violated(String what);
  }

  /** How often which {@link Fault} happens, of a thousand. */
  public static final class Odds {
    public int enterFails;
    public int partly;
    public int torn;
    public int atOnce;
    public int worker;
    public int shortened;
    public int refused;
    public int submitterGone;
    public int deadTimeout;
    public int transit;
    public int oddCancel;
    public int closeCut;
    public int multishotEnds;
    public int anySlot;
    public int streamEnds;
    public int unpollable;
    public int messageRefused;
    public int groupRefused;
    /** Whether it has no groups whose buffers go on. */
    public boolean older;
    public int burst = 1;
    /** The same of connections that become slots of the table. */
    public int connections = 1;
    /** What the queues have counted before the first entry. */
    public int submissionsBefore;
    public int completionsBefore;
    /** Whether completions are held back until an enter asks for them. */
    public boolean defers;
    /** 0: first come, first out; 1: last come; 2: any. */
    public int order;
    /** Once in so many completions one is lost; 0 for never. */
    public int loses;
    /** Once in so many enters all is lost; 0 for never. */
    public int drops;
  }

  /** A descriptor of an open file: a number, or a slot of the ring's table. */
  public static final class File {
    public final int fd;
    public final boolean direct;
    /** Made by an operation that makes many, and nobody's yet. */
    public boolean unclaimed;
    public boolean open = true;
    final Description description;

    File(int fd, boolean direct, Description description) {
      this.fd = fd;
      this.direct = direct;
      this.description = description;
    }

    @Override
    public String toString() {
      return direct ? "direct " + fd : "fd " + (fd - FIRST_FD);
    }
  }

  /** What several descriptors may be of. */
  static final class Description {
    boolean connecting;
    boolean connected;
  }

  /** Where an entry is that was taken. */
  enum Place { LINKED, ARMED, WORKER, ENDING }

  /** An entry that was taken, until its last completion is out. */
  public static final class Request {
    public final long userData;
    public final int opcode;
    public final int flags;
    public final int fd;
    public final boolean linked;
    /** Whether what it works on is a slot of the ring's table. */
    public final boolean direct;
    /** What it has made, where it makes one. */
    public File made;
    /** The other one, where it makes two. */
    public File second;
    final int fileIndex;
    final int ioprio;
    final int length;
    final int opFlags;
    final long address;
    final long offset;
    Place place = Place.LINKED;
    public File file;
    Request next;
    Request timeout;
    Request target;
    long dueNanos;
    boolean stopping;
    /** Whether one before it in its chain has made a descriptor. */
    boolean afterMaker;
    int transits;
    final ArrayDeque<long[]> completions = new ArrayDeque<>(2);

    Request(MemorySegment sqes, long at, boolean linked) {
      this.userData = sqes.get(ValueLayout.JAVA_LONG, at + SqeLayout.USER_DATA);
      this.opcode = sqes.get(ValueLayout.JAVA_BYTE, at + SqeLayout.OPCODE) & 0xFF;
      this.flags = sqes.get(ValueLayout.JAVA_BYTE, at + SqeLayout.FLAGS) & 0xFF;
      this.ioprio = sqes.get(ValueLayout.JAVA_SHORT, at + SqeLayout.IOPRIO) & 0xFFFF;
      this.fd = sqes.get(ValueLayout.JAVA_INT, at + SqeLayout.FD);
      this.address = sqes.get(ValueLayout.JAVA_LONG, at + SqeLayout.ADDR);
      this.offset = sqes.get(ValueLayout.JAVA_LONG, at + SqeLayout.OFF);
      this.length = sqes.get(ValueLayout.JAVA_INT, at + SqeLayout.LEN);
      this.opFlags = sqes.get(ValueLayout.JAVA_INT, at + SqeLayout.OP_FLAGS);
      this.fileIndex = sqes.get(ValueLayout.JAVA_INT, at + SqeLayout.FILE_INDEX);
      this.direct = (flags & SqeFlags.FIXED_FILE) != 0
          || is(Opcode.CLOSE) && fileIndex != 0
          || is(Opcode.ASYNC_CANCEL) && (opFlags & CancelFlags.FD_FIXED) != 0;
      this.linked = linked;
    }

    /** The number, or the slot, that it works on; below zero for none. */
    int works() {
      return is(Opcode.SOCKET) || is(Opcode.MSG_RING) || is(Opcode.PIPE) ? -1 : is(Opcode.CLOSE) && direct ? fileIndex - 1 : fd;
    }

    boolean isMaker() {
      return is(Opcode.ACCEPT) || is(Opcode.SOCKET) || is(Opcode.OPENAT);
    }

    /** Whether what it makes becomes a slot of the ring's table. */
    public boolean isIntoTable() {
      return is(Opcode.FILES_UPDATE)
          || (isMaker() || is(Opcode.PIPE)) && fileIndex == RegisterOps.FILE_INDEX_ALLOC;
    }

    /** A message of another ring's, of which there is nothing here but the completion. */
    Request(long message) {
      this.userData = message;
      this.opcode = Opcode.NOP.code();
      this.flags = 0;
      this.ioprio = 0;
      this.fd = -1;
      this.address = 0;
      this.offset = 0;
      this.length = 0;
      this.opFlags = 0;
      this.fileIndex = 0;
      this.direct = false;
      this.linked = false;
      this.place = Place.ENDING;
    }

    public boolean is(Opcode what) {
      return opcode == what.code();
    }

    /** Whether it belongs to no operation. */
    public boolean isOfTheRing() {
      return UserData.isOfTheRing(userData) || isMessage();
    }

    public boolean isMessage() {
      return UserData.slot(userData) == UserData.MESSAGE_SLOT;
    }

    boolean isMultishot() {
      return selectsBuffer()
          || is(Opcode.ACCEPT) && (ioprio & IoPrioFlags.ACCEPT_MULTISHOT) != 0
          || is(Opcode.POLL_ADD) && (length & PollFlags.ADD_MULTI) != 0;
    }

    boolean isRead() {
      return is(Opcode.READ_MULTISHOT);
    }

    boolean selectsBuffer() {
      return (flags & SqeFlags.BUFFER_SELECT) != 0;
    }

    boolean isHard() {
      return (flags & SqeFlags.IO_HARDLINK) != 0;
    }

    @Override
    public String toString() {
      return "opcode " + opcode + " part " + UserData.part(userData) + " slot " + UserData.slot(userData)
          + " generation " + UserData.generation(userData) + (direct ? " direct " : " fd ")
          + (works() < FIRST_FD ? works() : fd - FIRST_FD) + " " + place;
    }
  }

  /** A group of buffers to pick from, in memory that is shared: its tail is the other side's. */
  private static final class Buffers {
    final long address;
    final int count;
    final boolean incremental;
    short head;
    /** Bytes of the buffer at the head that are in use. */
    int used;

    Buffers(long address, int count, boolean incremental) {
      this.address = address;
      // All are there to begin with, whatever was before: a kernel's own head begins at 0.
      this.head = (short) (tail(address) - count);
      this.count = count;
      this.incremental = incremental;
    }

    boolean isEmpty() {
      return provided() == 0;
    }

    int provided() {
      VarHandle.acquireFence();
      return (short) (tail(address) - head);
    }

    private static short tail(long address) {
      return ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, address + 14);
    }

    long entry(int index) {
      return address + 16L * (head + index & count - 1);
    }

    int number(int index) {
      return ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, entry(index) + 12);
    }
  }

  private final Dice dice;
  private final Odds odds;
  private final long[] reached;
  private final MemorySegment ring;
  private final MemorySegment sqes;
  private final int sqEntries;
  private final int cqEntries;
  private final SubmissionQueue sq;
  private final CompletionQueue cq;
  private final Watcher watcher;

  private final List<Request> requests = new ArrayList<>();
  private final List<Request> ending = new ArrayList<>();
  private final ArrayDeque<long[]> overflow = new ArrayDeque<>();
  private final TreeMap<Integer, File> files = new TreeMap<>();
  private final TreeMap<Integer, File> everOpen = new TreeMap<>();
  private Buffers buffers;
  /** Completions that name a buffer come in the order in which it was picked, and messages in that of their sending. */
  private long picks;
  private long picksOut;
  private File[] slots = {};
  private boolean[] everFilled = {};
  /** What the clock of the tests is behind the kernel's. */
  public long offsetNanos;
  /** What {@link #fd} answers. */
  public int descriptor = RING_FD;
  private long now = 1_000_000_000_000L;
  private boolean closed;
  private boolean unmapped;

  /**
   * Makes one.
   *
   * @param memory of {@link #bytes}, zeroed
   * @param reached where faults are counted, by ordinal
   */
  public SimulatedRing(
      Dice dice, Odds odds, long[] reached, MemorySegment memory, int sqEntries, int cqEntries, Watcher watcher) {
    this.dice = dice;
    this.odds = odds;
    this.reached = reached;
    this.sqEntries = sqEntries;
    this.cqEntries = cqEntries;
    this.watcher = watcher;
    long cqes = HEADER_BYTES + 4L * sqEntries;
    long entries = cqes + (long) CqeLayout.BYTES * cqEntries;
    this.ring = memory;
    this.sqes = memory.asSlice(entries, (long) SqeLayout.BYTES * sqEntries);
    set(SQ_HEAD, odds.submissionsBefore);
    set(SQ_TAIL, odds.submissionsBefore);
    set(CQ_HEAD, odds.completionsBefore);
    set(CQ_TAIL, odds.completionsBefore);
    this.sq = new SubmissionQueue(ring, sqes, sqEntries, SQ_HEAD, SQ_TAIL, SQ_FLAGS, HEADER_BYTES);
    this.cq = new CompletionQueue(ring, cqEntries, CQ_HEAD, CQ_TAIL, CQ_LOST, cqes);
  }

  /** What the queues need. */
  public static long bytes(int sqEntries, int cqEntries) {
    return HEADER_BYTES + (4L + SqeLayout.BYTES) * sqEntries + (long) CqeLayout.BYTES * cqEntries;
  }

  // ---- what the test does and asks

  public long now() {
    return now;
  }

  public void advance(long nanos) {
    now += nanos;
  }

  /** Opens a file under the lowest number that is free. */
  public File open() {
    int fd = FIRST_FD;
    while (files.containsKey(fd)) {
      fd++;
    }
    File file = new File(fd, false, new Description());
    files.put(fd, file);
    if (everOpen.put(fd, file) != null) {
      reach(Fault.NUMBER_USED_AGAIN);
    }
    return file;
  }

  /** Makes the table of direct descriptors, before anything else. */
  public void makeTable(int slots) {
    this.slots = new File[slots];
    this.everFilled = new boolean[slots];
  }

  /** Registers, and takes back, the one group of buffers that there is at a time. */
  @Override
  public int register(int operation, long argument, int count) {
    if (closed) {
      watcher.violated("something is registered with a ring that is closed");
      return -Errno.EBADF;
    }
    if (operation == RegisterOps.UNREGISTER_PBUF_RING) {
      for (int i = 0; i < requests.size(); i++) {
        if (requests.get(i).selectsBuffer() && requests.get(i).place != Place.ENDING) {
          watcher.violated("buffers are taken back that may be picked (I-3): " + requests.get(i));
        }
      }
      reach(Fault.GROUP_UNREGISTERED);
      buffers = null;
      return 0;
    }
    if (operation != RegisterOps.REGISTER_PBUF_RING || buffers != null) {
      watcher.violated("registered, and not to be: " + operation);
      return -Errno.EEXIST;
    }
    boolean incremental = ALL.get(ValueLayout.JAVA_SHORT, argument + 14) == RegisterOps.PBUF_RING_INC;
    if (incremental && odds.older) {
      reach(Fault.GROUP_NOT_INCREMENTAL);
      return -Errno.EINVAL;
    }
    if (happens(odds.groupRefused, Fault.GROUP_REFUSED)) {
      return -Errno.ENOMEM;
    }
    reach(Fault.GROUP_REGISTERED);
    buffers = new Buffers(
        ALL.get(ValueLayout.JAVA_LONG, argument), ALL.get(ValueLayout.JAVA_INT, argument + 8), incremental);
    return 0;
  }

  /** How many buffers are there to be picked. */
  public int provided() {
    return buffers.provided();
  }

  /** The number of one of those, in the order in which they will be picked. */
  public int provided(int index) {
    return buffers.number(index);
  }

  /** Whether the first of them has bytes in it already. */
  public boolean isBegun() {
    return buffers.used > 0;
  }

  /** Fills a slot that is free; null where none is. */
  private File fill(Request by, Description description) {
    int free = 0;
    for (File slot : slots) {
      free += slot == null ? 1 : 0;
    }
    if (free == 0) {
      reach(Fault.NO_SLOT_LEFT);
      watcher.tableFull(by);
      return null;
    }
    int skip = free > 1 && happens(odds.anySlot, Fault.SLOT_NOT_THE_LOWEST) ? 1 + dice.below(free - 1) : 0;
    int slot = 0;
    while (slots[slot] != null || skip-- > 0) {
      slot++;
    }
    if (everFilled[slot]) {
      reach(Fault.SLOT_USED_AGAIN);
    }
    for (int i = 0; i < ending.size(); i++) {
      if (ending.get(i).is(Opcode.CLOSE) && ending.get(i).direct && ending.get(i).works() == slot) {
        reach(Fault.SLOT_USED_BEFORE_CLOSE_SEEN);
      }
    }
    everFilled[slot] = true;
    slots[slot] = new File(slot, true, description);
    slots[slot].unclaimed = by.isMultishot();
    return slots[slot];
  }

  /** Closes one with no ring in between. */
  public void close(File file) {
    file.open = false;
    if (file.direct) {
      slots[file.fd] = null;
    } else {
      files.remove(file.fd);
    }
  }

  public File at(int fd) {
    return files.get(fd);
  }

  /** What is in a slot of the table of direct descriptors, or null. */
  public File inSlot(int slot) {
    return slot >= 0 && slot < slots.length ? slots[slot] : null;
  }

  public int openFiles() {
    return files.size();
  }

  /** Whether a completion is gone for good: the ring is to be given up. */
  public boolean hasLost() {
    return cq.lost() != 0;
  }

  public boolean isClosed() {
    return closed;
  }

  public boolean isUnmapped() {
    return unmapped;
  }

  /** Has {@code action} look at every entry that is the kernel's, and has completions to come. */
  public void forEachHeld(Consumer<Request> action) {
    for (int i = 0; i < requests.size(); i++) {
      action.accept(requests.get(i));
    }
  }

  /** The user data of every entry that was taken or is about to be, and whose last completion has not been reaped. */
  public void forEachOutstanding(LongConsumer action) {
    for (int i = 0; i < requests.size(); i++) {
      action.accept(requests.get(i).userData);
    }
    int tail = get(CQ_TAIL);
    for (int i = get(CQ_HEAD); i != tail; i++) {
      long at = cqe(i);
      if ((ring.get(ValueLayout.JAVA_INT, at + CqeLayout.FLAGS) & CqeFlags.MORE) == 0) {
        action.accept(ring.get(ValueLayout.JAVA_LONG, at));
      }
    }
    for (long[] completion : overflow) {
      if ((completion[2] & CqeFlags.MORE) == 0) {
        action.accept(completion[0]);
      }
    }
    int end = get(SQ_TAIL);
    for (int i = get(SQ_HEAD); i != end; i++) {
      action.accept(sqes.get(ValueLayout.JAVA_LONG, sqe(i) + SqeLayout.USER_DATA));
    }
  }

  private long cqe(int index) {
    return HEADER_BYTES + 4L * sqEntries + (long) CqeLayout.BYTES * (index & cqEntries - 1);
  }

  private long sqe(int index) {
    return (long) SqeLayout.BYTES * (index & sqEntries - 1);
  }

  private int get(int at) {
    return (int) INT.getAcquire(ring, (long) at);
  }

  private void set(int at, int value) {
    INT.setRelease(ring, (long) at, value);
  }

  private void reach(Fault fault) {
    reached[fault.ordinal()]++;
  }

  private boolean happens(int permille, Fault fault) {
    boolean happens = dice.chance(permille);
    if (happens) {
      reach(fault);
    }
    return happens;
  }

  // ---- entering

  @Override
  public int enter(int toSubmit, int minComplete, int flags) {
    if (closed) {
      watcher.violated("enter of a ring that is closed");
      return -Errno.EBADF;
    }
    watcher.entering();
    if (odds.drops > 0 && dice.below(odds.drops) == 0) {
      reach(Fault.DROPPED);
      return -Errno.EBADR;
    }
    if (dice.chance(odds.enterFails)) {
      int how = dice.below(3);
      reach(how == 0 ? Fault.ENTER_INTERRUPTED : how == 1 ? Fault.ENTER_BUSY : Fault.ENTER_NO_MEMORY);
      return how == 0 ? -Errno.EINTR : how == 1 ? -Errno.EBUSY : -Errno.ENOMEM;
    }
    int taken = submit(toSubmit);
    if ((flags & EnterFlags.GETEVENTS) != 0) {
      flush();
      deliver();
    }
    updateFlags();
    if (taken == 0 && toSubmit > 0) {
      return -Errno.EAGAIN;
    }
    return taken == 0 && minComplete > 0 && cq.isEmpty() ? -Errno.EINTR : taken;
  }

  @Override
  public int enterAndWait(int toSubmit, long nanos, int flags) {
    return enter(toSubmit, 0, flags | EnterFlags.GETEVENTS);
  }

  private int submit(int toSubmit) {
    int head = get(SQ_HEAD);
    int waiting = get(SQ_TAIL) - head;
    if (toSubmit != 0 && toSubmit != waiting) {
      watcher.violated("of " + waiting + " entries, " + toSubmit + " are submitted: a chain may be torn (I-6)");
    }
    if (toSubmit > 0 && links(head + toSubmit - 1)) {
      watcher.violated("a chain ends with its enter (I-6)");
    }
    int take = toSubmit;
    boolean whole = true;
    if (toSubmit > 0 && happens(odds.partly, Fault.PARTLY_SUBMITTED)) {
      take = dice.below(toSubmit);
      while (take > 0 && links(head + take - 1)) {
        if (isTimed(head + take - 1, head + toSubmit) && happens(odds.torn, Fault.CHAIN_TORN)) {
          whole = false;
          break;
        }
        take--;
      }
    }
    Request first = null;
    Request last = null;
    for (int i = 0; i < take; i++) {
      Request request = new Request(sqes, sqe(head + i), last != null);
      requests.add(request);
      watcher.taken(request);
      if (last == null) {
        first = request;
      } else {
        last.next = request;
      }
      last = request;
      if (!links(head + i) || i == take - 1 && !whole) {
        begin(first);
        last = null;
      }
    }
    set(SQ_HEAD, head + take);
    wraps(head, take, Fault.SUBMISSIONS_WRAPPED, Fault.SUBMISSIONS_WRAPPED_SIGN);
    return take;
  }

  /** Counts that a counter of 32 bits has begun anew, or has come to look like less than nothing. */
  private void wraps(int from, int by, Fault wrapped, Fault sign) {
    if (from < 0 != from + by < 0) {
      reach(from < 0 ? wrapped : sign);
    }
  }

  private boolean links(int index) {
    int flags = sqes.get(ValueLayout.JAVA_BYTE, sqe(index) + SqeLayout.FLAGS);
    return (flags & (SqeFlags.IO_LINK | SqeFlags.IO_HARDLINK)) != 0;
  }

  /** Whether all that is linked to an entry is its timeout. */
  private boolean isTimed(int index, int end) {
    return index + 1 != end
        && !links(index + 1)
        && (index == get(SQ_HEAD) || !links(index - 1))
        && sqes.get(ValueLayout.JAVA_BYTE, sqe(index + 1) + SqeLayout.OPCODE) == Opcode.LINK_TIMEOUT.code();
  }

  // ---- working

  private void begin(Request request) {
    if (request.is(Opcode.LINK_TIMEOUT)) {
      // Alone: what it was linked to went before it.
      reach(Fault.LINKED_TIMEOUT_ALONE);
      end(request, -Errno.EINVAL);
      return;
    }
    request.place = Place.ARMED;
    Request timeout = request.next;
    if (timeout != null && timeout.is(Opcode.LINK_TIMEOUT)) {
      request.next = timeout.next;
      timeout.next = null;
      timeout.target = request;
      timeout.place = Place.ARMED;
      timeout.dueNanos = timespec(timeout);
      request.timeout = timeout;
    }
    if (request.is(Opcode.POLL_ADD) && !request.direct && request.fd < FIRST_FD) {
      // The process's own: of that nothing comes by itself.
      return;
    }
    boolean workers = request.is(Opcode.FSYNC) || request.is(Opcode.OPENAT) || (request.flags & SqeFlags.ASYNC) != 0;
    if (workers) {
      request.place = Place.WORKER;
      if (request.is(Opcode.CLOSE)) {
        reach(Fault.CLOSE_BY_WORKER);
      }
      return;
    }
    if (!resolve(request)) {
      return;
    }
    if (request.is(Opcode.ASYNC_CANCEL)) {
      cancel(request);
    } else if (request.is(Opcode.CLOSE)) {
      close(request);
    } else if (request.is(Opcode.TIMEOUT)) {
      request.dueNanos = timespec(request);
    } else if (request.is(Opcode.TIMEOUT_REMOVE) || request.is(Opcode.POLL_REMOVE)) {
      end(request, cancelOne(request.address));
    } else if (request.is(Opcode.NOP)) {
      end(request, 0);
    } else if (request.is(Opcode.MSG_RING)) {
      end(request, send(request));
    } else if (request.is(Opcode.FILES_UPDATE)) {
      end(request, update(request));
    } else if (request.isRead() && happens(odds.unpollable, Fault.READ_NOT_TO_BE_WAITED_FOR)) {
      end(request, -Errno.EBADFD);
    } else if (happens(odds.atOnce, Fault.COMPLETED_AT_ONCE)) {
      succeed(request);
    } else if (dice.chance(odds.worker) && !request.isMultishot() && !request.is(Opcode.POLL_ADD)) {
      request.place = Place.WORKER;
    }
  }

  /**
   * Goes on with what is held back, for who waits in the kernel, or passes through it.
   *
   * @return whether there is something to wake for
   */
  public boolean await() {
    if (!closed) {
      deliver();
      updateFlags();
    }
    return isReadable();
  }

  /** What a poll of its descriptor tells: whether completions can be had, or are gone. */
  public boolean isReadable() {
    return !cq.isEmpty() || !overflow.isEmpty() || hasLost();
  }

  private static long timespec(Request request) {
    return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, request.address) * 1_000_000_000L
        + ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, request.address + 8);
  }

  private boolean resolve(Request request) {
    int works = request.is(Opcode.FILES_UPDATE) ? ALL.get(ValueLayout.JAVA_INT, request.address) : request.works();
    if (works < 0) {
      return true;
    }
    if (request.is(Opcode.CLOSE) && (request.flags & SqeFlags.FIXED_FILE) != 0) {
      watcher.violated("a CLOSE that names its slot by the flag is refused (K-21): " + request);
    }
    request.file = request.direct ? inSlot(works) : files.get(works);
    watcher.begun(request);
    if (request.file == null) {
      end(request, -Errno.EBADF);
      return false;
    }
    return true;
  }

  private int send(Request request) {
    if (request.fd != descriptor) {
      watcher.violated("a message to no ring that is known: " + request);
    }
    if (happens(odds.messageRefused, Fault.MESSAGE_REFUSED)) {
      return -EOVERFLOW;
    }
    post(request.offset, request.length);
    return 0;
  }

  /** Has another ring send a message to this one. */
  public void message(long userData, int message) {
    reach(Fault.MESSAGE_FROM_OTHER_RING);
    post(userData, message);
  }

  private void post(long userData, int message) {
    reach(Fault.MESSAGE_POSTED);
    watcher.messaged(userData, message);
    Request posted = new Request(userData);
    requests.add(posted);
    add(posted, message, 0, ++picks);
  }

  /** Puts the slot where the number was (K-68). */
  private int update(Request request) {
    request.made = fill(request, request.file.description);
    if (request.made == null) {
      return -Errno.ENFILE;
    }
    reach(Fault.MADE_IN_MEMORY);
    ALL.set(ValueLayout.JAVA_INT, request.address, request.made.fd);
    return 1;
  }

  private void end(Request request, int result) {
    end(request, result, 0);
  }

  /** Its result is decided; who sees it when is another matter. */
  private void end(Request request, int result, int flags) {
    end(request, result, flags, 0);
  }

  private void end(Request request, int result, int flags, long pick) {
    if (request.place == Place.ENDING) {
      throw new AssertionError("ended twice: " + request);
    }
    request.place = Place.ENDING;
    add(request, result, flags, pick);
    Request timeout = request.timeout;
    if (timeout != null && timeout.place == Place.ARMED) {
      end(timeout, -Errno.ECANCELED);
    }
    Request next = request.next;
    request.next = null;
    if (next == null) {
      return;
    }
    next.afterMaker = request.afterMaker || request.isMaker() && result >= 0;
    if (request.isMaker() && result >= 0) {
      reach(Fault.LINKED_MAKER_RAN);
    }
    if (result < 0 && !request.isHard()) {
      for (Request rest = next; rest != null; ) {
        reach(Fault.LINK_BROKEN);
        if (rest.isMaker()) {
          reach(Fault.LINKED_MAKER_WAS_NOT_REACHED);
        } else if (request.afterMaker) {
          reach(Fault.LINK_BROKEN_BEHIND_MAKER);
        }
        if (rest.is(Opcode.CLOSE)) {
          watcher.violated("a broken link keeps a CLOSE from running (K-12): " + rest);
        }
        Request behind = rest.next;
        rest.next = null;
        rest.place = Place.ENDING;
        add(rest, -Errno.ECANCELED, 0);
        rest = behind;
      }
    } else {
      if (result < 0) {
        reach(Fault.HARD_LINK_HELD);
      }
      begin(next);
    }
  }

  private void add(Request request, int result, int flags) {
    add(request, result, flags, 0);
  }

  private void add(Request request, int result, int flags, long pick) {
    if (request.completions.isEmpty()) {
      ending.add(request);
    }
    request.completions.add(new long[] {request.userData, result, flags, pick});
  }

  private void succeed(Request request) {
    if (request.place == Place.WORKER && request.file == null && !resolve(request)) {
      return;
    }
    if (request.is(Opcode.CLOSE)) {
      request.place = Place.ARMED;
      close(request);
    } else if (request.isMultishot()) {
      bring(request);
    } else if (request.is(Opcode.SEND_ZC)) {
      int result = result(request);
      if (result >= 0 || dice.coin()) {
        reach(result < 0 ? Fault.NOTICE_AFTER_ERROR : Fault.NOTICE_LATER);
        endNoticed(request, result);
      } else {
        end(request, result);
      }
    } else {
      end(request, result(request));
    }
  }

  private void endNoticed(Request request, int result) {
    end(request, result, CqeFlags.MORE);
    request.completions.add(new long[] {request.userData, 0, CqeFlags.NOTIF, 0});
  }

  private void bring(Request request) {
    int times = 1 + dice.below(request.isIntoTable() ? odds.connections : odds.burst);
    for (int i = 0; i < times; i++) {
      if (request.selectsBuffer()) {
        if (!receive(request)) {
          return;
        }
        continue;
      }
      int result = result(request);
      if (result < 0) {
        reach(Fault.MULTISHOT_ENDED);
        end(request, result);
        return;
      }
      reach(Fault.MULTISHOT_BROUGHT);
      if (isFull() || dice.chance(odds.multishotEnds)) {
        reach(Fault.MULTISHOT_ENDED_WITH_RESULT);
        end(request, result);
        return;
      }
      add(request, result, CqeFlags.MORE);
    }
  }

  /** Puts what has come into a buffer of the group (K-50, K-51); false where the request is over. */
  private boolean receive(Request request) {
    boolean read = request.isRead();
    boolean eof = happens(odds.streamEnds, read ? Fault.READ_FOUND_END : Fault.END_OF_STREAM);
    boolean empty = !eof && buffers.isEmpty();
    if (eof || empty || happens(odds.refused, read ? Fault.READ_REFUSED : Fault.REFUSED)) {
      if (!eof) {
        reach(!empty ? Fault.MULTISHOT_ENDED : read ? Fault.READ_FOUND_NO_BUFFER : Fault.NO_BUFFER_LEFT);
      }
      end(request, eof ? 0 : empty ? -Errno.ENOBUFS : read ? -Errno.EIO : -Errno.ECONNRESET);
      return false;
    }
    long entry = buffers.entry(0);
    int length = ALL.get(ValueLayout.JAVA_INT_UNALIGNED, entry + 8);
    int number = buffers.number(0);
    long address = ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, entry) + buffers.used;
    int bytes = 1 + dice.below(length - buffers.used);
    byte fill = (byte) ++picks;
    ALL.asSlice(address, bytes).fill(fill);
    reach(Fault.BUFFER_PICKED);
    if (read) {
      reach(buffers.used + bytes < length ? Fault.READ_SHORT : Fault.READ_BROUGHT);
    }
    watcher.picked(request, number, address, bytes, fill);
    boolean goesOn = buffers.incremental && buffers.used + bytes < length;
    if (goesOn) {
      reach(Fault.BUFFER_GOES_ON);
      buffers.used += bytes;
    } else {
      buffers.head++;
      if (buffers.head == 0 || buffers.head == Short.MIN_VALUE) {
        reach(buffers.head == 0 ? Fault.BUFFERS_WRAPPED : Fault.BUFFERS_WRAPPED_SIGN);
      }
      buffers.used = 0;
    }
    int flags = CqeFlags.BUFFER | number << CqeFlags.BUFFER_SHIFT | (goesOn ? CqeFlags.BUF_MORE : 0);
    boolean ends = isFull() || dice.chance(odds.multishotEnds);
    if (ends) {
      reach(read ? Fault.READ_ENDED_WITH_RESULT : Fault.MULTISHOT_ENDED_WITH_RESULT);
      end(request, bytes, flags, picks);
    } else {
      reach(Fault.MULTISHOT_BROUGHT);
      add(request, bytes, flags | CqeFlags.MORE, picks);
    }
    return !ends;
  }

  /** What it answers where nobody interferes. */
  private int result(Request request) {
    if (request.is(Opcode.PIPE)) {
      return pipe(request);
    }
    if (request.isIntoTable()) {
      request.made = fill(request, new Description());
      return request.made == null ? -Errno.ENFILE : request.made.fd;
    }
    if (request.isMaker() || request.is(Opcode.FIXED_FD_INSTALL)) {
      if (happens(odds.refused, Fault.NO_DESCRIPTOR_LEFT)) {
        return -Errno.EMFILE;
      }
      int fd = open().fd;
      return request.is(Opcode.FIXED_FD_INSTALL) ? alias(fd, request.file) : fd;
    }
    if (request.is(Opcode.POLL_ADD)) {
      if (request.file != null && request.file.description.connecting) {
        request.file.description.connecting = false;
        request.file.description.connected = dice.coin();
      }
      return 1;
    }
    if (request.is(Opcode.CONNECT)) {
      if (request.file.description.connecting) {
        return -Errno.EALREADY;
      }
      if (request.file.description.connected) {
        return -Errno.EISCONN;
      }
    }
    if (happens(odds.refused, Fault.REFUSED)) {
      return -Errno.ECONNRESET;
    }
    if (request.is(Opcode.CONNECT)) {
      request.file.description.connected = true;
      return 0;
    }
    if (request.length > 0 && (request.is(Opcode.RECV) || request.is(Opcode.SEND) || request.is(Opcode.SEND_ZC)
        || request.is(Opcode.READ) || request.is(Opcode.WRITE))) {
      return happens(odds.shortened, Fault.SHORT) ? dice.below(request.length) : request.length;
    }
    return 0;
  }

  /** Makes both ends, which come in memory, or none (K-63, K-68). */
  private int pipe(Request request) {
    boolean direct = request.isIntoTable();
    if (happens(odds.refused, Fault.PIPE_REFUSED)) {
      return -Errno.EMFILE;
    }
    File source = direct ? fill(request, new Description()) : open();
    if (source == null) {
      reach(Fault.DIRECT_PIPE_FOUND_NO_SLOT);
      return -Errno.ENFILE;
    }
    File sink = direct ? fill(request, new Description()) : open();
    if (sink == null) {
      reach(Fault.DIRECT_PIPE_FOUND_NO_SECOND_SLOT);
      close(source);
      return -Errno.ENFILE;
    }
    reach(direct ? Fault.DIRECT_PIPE_MADE : Fault.PIPE_MADE);
    request.made = source;
    request.second = sink;
    ALL.set(ValueLayout.JAVA_INT, request.address, source.fd);
    ALL.set(ValueLayout.JAVA_INT, request.address + 4, sink.fd);
    return 0;
  }

  private int alias(int fd, File original) {
    files.put(fd, new File(fd, false, original.description));
    return fd;
  }

  private void close(Request request) {
    if (happens(odds.closeCut, Fault.CLOSE_CUT_OFF)) {
      end(request, -Errno.ECANCELED);
      return;
    }
    File file = request.direct ? inSlot(request.works()) : files.get(request.fd);
    if (file == null) {
      end(request, -Errno.EBADF);
    } else {
      close(file);
      end(request, 0);
    }
  }

  // ---- cancelling

  private void cancel(Request request) {
    if ((request.opFlags & CancelFlags.FD) == 0) {
      end(request, cancelOne(request.address));
      return;
    }
    int hit = 0;
    boolean fails = request.next != null && happens(odds.closeCut, Fault.CANCEL_FD_FAILED);
    for (int i = 0, n = requests.size(); i < n && !fails; i++) {
      Request found = requests.get(i);
      if (found == request || found.file == null || found.file.description != request.file.description
          || found.is(Opcode.CLOSE) || found.is(Opcode.ASYNC_CANCEL)) {
        continue;
      }
      if (found.place == Place.ARMED || found.place == Place.WORKER) {
        if (happens(odds.transit, Fault.CANCEL_FD_MISSED)) {
          continue;
        }
        reach(found.file == request.file ? Fault.CANCEL_FD_HIT : Fault.CANCEL_FD_HIT_ALIAS);
        hit += stop(found) >= 0 ? 1 : 0;
      }
    }
    if (hit == 0) {
      reach(Fault.CANCEL_FD_FOUND_NOTHING);
    }
    end(request, fails ? -Errno.ENOMEM : hit);
  }

  private int cancelOne(long userData) {
    for (int i = 0; i < requests.size(); i++) {
      Request found = requests.get(i);
      if (found.userData == userData) {
        if (found.place == Place.ENDING || found.place == Place.LINKED) {
          reach(Fault.CANCEL_TOO_LATE);
          return found.place == Place.ENDING && dice.chance(odds.oddCancel) ? -Errno.EALREADY : -Errno.ENOENT;
        }
        if (found.transits < 20 && happens(odds.transit, Fault.CANCEL_IN_TRANSIT)) {
          found.transits++;
          return -Errno.ENOENT;
        }
        return stop(found);
      }
    }
    return -Errno.ENOENT;
  }

  /** Stops what was found, and answers what the one who stops it is told. */
  private int stop(Request found) {
    if (found.place == Place.WORKER) {
      reach(Fault.CANCEL_FOUND_WORKER);
      found.stopping = true;
      return -Errno.EALREADY;
    }
    if (found.is(Opcode.POLL_ADD) && dice.chance(odds.oddCancel)) {
      reach(Fault.CANCEL_FOUND_WOKEN);
      return -Errno.EALREADY;
    }
    if (found.isRead() || found.is(Opcode.PIPE)) {
      reach(found.isRead() ? Fault.READ_CANCELLED : Fault.PIPE_CANCELLED);
    }
    if (found.is(Opcode.TIMEOUT)) {
      reach(Fault.CANCEL_HIT);
      end(found, -Errno.ECANCELED);
      return 0;
    }
    boolean odd = dice.chance(odds.oddCancel);
    boolean moves = found.length > 1 && (found.is(Opcode.RECV) || found.is(Opcode.SEND));
    if (odd && moves && dice.coin()) {
      reach(Fault.CANCEL_LEFT_PART);
      end(found, 1 + dice.below(found.length - 1));
      return 0;
    }
    if (odd && dice.coin() && !found.isMultishot()) {
      reach(Fault.CANCEL_MET_SUCCESS);
      succeed(found);
      return dice.coin() ? 0 : -Errno.ENOENT;
    }
    if (odd && dice.coin()) {
      reach(Fault.CANCEL_SAW_NOTHING);
      endInterrupted(found, -Errno.EINTR);
      return -Errno.ENOENT;
    }
    if (odd) {
      reach(Fault.CANCEL_HIT_EINTR);
      endInterrupted(found, -Errno.EINTR);
      return 1;
    }
    reach(Fault.CANCEL_HIT);
    endInterrupted(found, -Errno.ECANCELED);
    return 0;
  }

  private void endInterrupted(Request found, int how) {
    if (found.is(Opcode.CONNECT) && found.file != null && !found.file.description.connected && dice.coin()) {
      reach(Fault.CONNECT_GOES_ON);
      found.file.description.connecting = true;
    }
    if (found.is(Opcode.SEND_ZC) && dice.coin()) {
      reach(Fault.NOTICE_AFTER_ERROR);
      endNoticed(found, how);
    } else {
      end(found, how);
    }
  }

  // ---- as time goes by

  /** Does one thing, if there is any to be done: works on an entry, lets a timeout go off, lets a completion out. */
  public void step() {
    if (closed) {
      return;
    }
    if (!odds.defers && !ending.isEmpty() && dice.below(3) != 0) {
      for (int i = dice.below(odds.burst); i >= 0 && !ending.isEmpty(); i--) {
        letOut();
      }
    } else if (!requests.isEmpty()) {
      work(requests.get(dice.below(requests.size())), odds);
    }
    updateFlags();
  }

  /** Does all that can be done without anybody's doing: nothing is late any more, and nobody is gone. */
  public void settle() {
    Odds calm = new Odds();
    for (int i = 0; i < requests.size(); i++) {
      Request request = requests.get(i);
      if (request.place == Place.WORKER || request.place == Place.ARMED && request.dueNanos != 0) {
        work(request, calm);
      }
    }
    while (!odds.defers && !ending.isEmpty()) {
      letOut();
    }
    updateFlags();
  }

  private void work(Request request, Odds with) {
    switch (request.place) {
      case ARMED -> {
        if (request.is(Opcode.TIMEOUT) || request.is(Opcode.LINK_TIMEOUT)) {
          if (request.dueNanos <= now + offsetNanos) {
            goOff(request, with);
          }
        } else if (dice.chance(with.submitterGone) && !request.is(Opcode.CLOSE)) {
          reach(request.isRead() ? Fault.READ_CUT_OFF : request.isMultishot() ? Fault.MULTISHOT_CUT_OFF : Fault.SUBMITTER_GONE);
          endInterrupted(request, -Errno.ECANCELED);
        } else {
          succeed(request);
        }
      }
      case WORKER -> {
        if ((request.stopping || dice.chance(with.submitterGone)) && dice.coin()
            && !(request.is(Opcode.CLOSE) && request.stopping)) {
          boolean cut = request.is(Opcode.CLOSE);
          int how = cut ? 0 : dice.below(3);
          reach(cut ? Fault.CLOSE_CUT_OFF : how == 0 ? Fault.SUBMITTER_GONE
              : how == 1 ? Fault.SUBMITTER_GONE_EINTR : Fault.SUBMITTER_GONE_ERESTARTSYS);
          endInterrupted(request, how == 0 ? -Errno.ECANCELED : how == 1 ? -Errno.EINTR : -Errno.ERESTARTSYS);
        } else {
          succeed(request);
        }
      }
      default -> {
        // Behind a link, or over.
      }
    }
  }

  private void goOff(Request timeout, Odds with) {
    Request target = timeout.target;
    if (target == null) {
      reach(Fault.TIMEOUT_FIRED);
      end(timeout, -Errno.ETIME);
    } else if (dice.chance(with.deadTimeout)) {
      reach(Fault.TIMEOUT_OF_GONE_SUBMITTER);
      end(timeout, -Errno.ECANCELED);
    } else if (target.place == Place.WORKER) {
      reach(Fault.LINKED_TIMEOUT_FOUND_WORKER);
      target.stopping = true;
      end(timeout, -Errno.EALREADY);
    } else if (dice.chance(with.oddCancel)) {
      boolean counted = dice.coin();
      reach(counted ? Fault.LINKED_TIMEOUT_COUNTED : Fault.LINKED_TIMEOUT_SAW_NOTHING);
      end(timeout, counted ? 1 : -Errno.ENOENT);
      endInterrupted(target, counted ? -Errno.ECANCELED : -Errno.EINTR);
    } else {
      reach(Fault.LINKED_TIMEOUT_FIRED);
      end(timeout, -Errno.ETIME);
      stop(target);
    }
  }

  // ---- letting completions out

  private void deliver() {
    while (odds.defers && !ending.isEmpty() && dice.below(3 + odds.burst) != 0) {
      letOut();
    }
  }

  private void letOut() {
    int last = ending.size() - 1;
    int which = odds.order == 0 ? 0 : odds.order == 1 ? last : dice.below(last + 1);
    if (which != 0) {
      reach(Fault.COMPLETED_OUT_OF_ORDER);
    }
    which = inOrder(which);
    Request request = ending.get(which);
    long[] completion = request.completions.removeFirst();
    picksOut += completion[3] == 0 ? 0 : 1;
    if (request.completions.isEmpty()) {
      ending.remove(which);
    }
    if ((completion[2] & CqeFlags.MORE) == 0) {
      requests.remove(request);
    }
    if (odds.loses > 0 && dice.below(odds.loses) == 0) {
      reach(Fault.LOST);
      set(CQ_LOST, get(CQ_LOST) + 1);
      return;
    }
    watcher.completed(request, (int) completion[1], (int) completion[2]);
    if (!overflow.isEmpty() || isFull()) {
      reach(Fault.OVERFLOW);
      overflow.add(completion);
    } else {
      post(completion);
    }
  }

  /** The one that may be let out in place of another whose buffer was picked later. */
  private int inOrder(int which) {
    if (ending.get(which).completions.getFirst()[3] <= picksOut + 1) {
      return which;
    }
    reach(Fault.KEPT_IN_ORDER);
    int first = 0;
    while (ending.get(first).completions.getFirst()[3] != picksOut + 1) {
      first++;
    }
    return first;
  }

  private boolean isFull() {
    return get(CQ_TAIL) - get(CQ_HEAD) == cqEntries;
  }

  private void post(long[] completion) {
    int tail = get(CQ_TAIL);
    long at = cqe(tail);
    ring.set(ValueLayout.JAVA_LONG, at, completion[0]);
    ring.set(ValueLayout.JAVA_INT, at + CqeLayout.RES, (int) completion[1]);
    ring.set(ValueLayout.JAVA_INT, at + CqeLayout.FLAGS, (int) completion[2]);
    set(CQ_TAIL, tail + 1);
    wraps(tail, 1, Fault.COMPLETIONS_WRAPPED, Fault.COMPLETIONS_WRAPPED_SIGN);
  }

  private void flush() {
    while (!overflow.isEmpty() && !isFull()) {
      reach(Fault.OVERFLOW_FLUSHED);
      post(overflow.removeFirst());
    }
  }

  private void updateFlags() {
    boolean heldBack = odds.defers && !ending.isEmpty();
    if (heldBack) {
      reach(Fault.HELD_BACK);
    }
    set(SQ_FLAGS, (overflow.isEmpty() ? 0 : SqRingFlags.CQ_OVERFLOW) | (heldBack ? SqRingFlags.TASKRUN : 0));
  }

  // ---- the rest of a ring

  @Override
  public int fd() {
    return descriptor;
  }

  @Override
  public SubmissionQueue sq() {
    return sq;
  }

  @Override
  public CompletionQueue cq() {
    return cq;
  }

  @Override
  public int features() {
    return 0;
  }

  @Override
  public int directDescriptors() {
    return slots.length;
  }

  @Override
  public KernelSupport support() {
    throw new UnsupportedOperationException("nothing asks a simulated ring what it can do");
  }

  @Override
  public void closeFd() {
    if (closed) {
      watcher.violated("the ring's descriptor is closed twice");
    }
    closed = true;
    requests.clear();
    ending.clear();
    overflow.clear();
  }

  @Override
  public void unmap() {
    if (!closed || unmapped) {
      watcher.violated("the ring is unmapped " + (unmapped ? "twice" : "before it is closed") + " (I-12)");
    }
    unmapped = true;
  }
}
