package io.loomring.poller;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferGroup;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.Descriptor;
import io.loomring.fd.DirectDescriptor;
import io.loomring.fd.Expected;
import io.loomring.fd.ExpectedPipe;
import io.loomring.fd.RegularDescriptor;
import io.loomring.op.Arrivals;
import io.loomring.op.Counters.Counter;
import io.loomring.op.Deadline;
import io.loomring.op.DescriptorReceiver;
import io.loomring.op.Mailbox;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.Outcome;
import io.loomring.op.Parts;
import io.loomring.op.Probe;
import io.loomring.op.SlotLayout;
import io.loomring.ring.CqeFlags;
import io.loomring.ring.Opcode;
import io.loomring.ring.RegisterOps;
import io.loomring.ring.Ring;
import io.loomring.ring.Sqe;
import io.loomring.ring.SqeFlags;
import io.loomring.ring.UserData;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.testkit.Dice;
import io.loomring.testkit.SimulatedRing;
import io.loomring.testkit.SimulatedRing.File;
import io.loomring.testkit.SimulatedRing.Odds;
import io.loomring.testkit.SimulatedRing.Request;
import io.loomring.testkit.Wraps;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * One run of core against a {@link SimulatedRing}: callers begin, cancel, interrupt and close, time passes, the kernel
 * works, turns are run, all in one thread and in an order that the seed chooses. Callers also act in the midst of a turn,
 * where it enters. Beside it runs a model of who holds what, and after every step the two are compared.
 */
final class Simulation implements SimulatedRing.Watcher {
  private static final int STEPS_MAX = 80;
  private static final int ROUNDS_TO_REST_MAX = 4_000;
  private static final int NONE = Integer.MIN_VALUE;
  private static final int BYTES = 16;
  private static final int TURNS_TO_WAIT_MAX = 1_000;
  private static final int GROUP = 1;
  private static final int SQ_MAX = 16;
  private static final int CQ_MAX = 64;
  private static final MemorySegment MEMORY = Arena.ofAuto().allocate(SimulatedRing.bytes(SQ_MAX, CQ_MAX), 64);
  private static final MemorySegment REGISTRATION = Arena.ofAuto().allocate(40, 8);
  /** One for all runs: its stack is too large to be made for each. */
  private static final BufferPool POOL = new BufferPool(1 << 21);

  /** What a caller, a turn or an operation has come to, beside the kernel's faults and the states passed through. */
  enum Event {
    TABLE_FULL, SUBMISSION_QUEUE_FULL, REFUSED_BY_CLOSING, BEGUN_BEFORE_CLOSE_AND_HANDED_IN_LATER, ACTED_IN_MID_TURN,
    RESULT, ERROR, TIMED_OUT, TIMED_OUT_FAR, CANCELLED, INTERRUPTED, CLOSED, RING_DEAD, RESUBMITTED, RESULT_BEAT_CANCEL,
    HANDLE_CANCELLED, HANDLE_RUNNING, HANDLE_DONE, CHAIN_DONE, CHAIN_ENDED, CHAIN_TAKEN_UP, STREAM_BROUGHT,
    STREAM_ENDED, STREAM_PAUSED, DESCRIPTOR_OWNED, DESCRIPTOR_DISCARDED, CLOSED_WITH_VICTIMS, CLOSED_IDLE,
    CLOSE_WAITED_FOR_CALL, LEFT_OPEN, BUFFER_WENT_BACK_BY_ITSELF, RING_DIED, ALL_GIVEN_BACK, REFUSED_NO_SLOT,
    SLOT_TAKEN_BY_STREAM, DIRECT_OWNED, DIRECT_DISCARDED, DIRECT_CLOSED, DIRECT_LEFT_TO_RING, MORE_THAN_THE_TABLE_TAKEN,
    RECEIVED, RECEIVED_IN_A_SHARED_BUFFER, BUFFER_GIVEN_BACK, OUT_OF_BUFFERS,
    MAILBOX_FULL, MAILBOX_CLOSED, MESSAGE_TAKEN, MESSAGE_TOO_LATE, MESSAGE_NOT_SENT,
    STREAM_BEGUN_AGAIN, READ, READ_IN_A_SHARED_BUFFER, READ_OUT_OF_BUFFERS, READ_CANCELLED, READ_CLOSED, READ_FAILED,
    READ_TO_THE_END,
    PIPE_OWNED, DIRECT_PIPE_OWNED, PIPE_DISCARDED, DIRECT_PIPE_DISCARDED, PIPE_ENDED_EARLY, PIPE_REFUSED_NO_SLOT,
    PIPE_GAVE_ITS_FIRST_SLOT_BACK,
    CHAIN_MADE, CHAIN_MADE_DIRECT, CHAIN_BROKE_AFTER_MAKING, CHAIN_BROKE_BEFORE_MAKING, CHAIN_ENDED_BEFORE_MAKING,
    CHAIN_ENDED_AFTER_MAKING_AND_CLOSED_IT, CHAIN_GIVEN_UP_AND_CLOSED, CHAIN_TAKEN_UP_BEHIND_MAKER,
    FLOOD_PAUSED_DIRECT_ACCEPTS, FLOOD_FILLED_THE_TABLE, FLOOD_OWNED_DIRECT, FLOOD_LEFT_NO_SLOT_TO_ONE,
    FLOOD_REFUSED_ONE,
    GROUP_REGISTERED, GROUP_FELL_BACK, GROUP_REFUSED, GROUP_TAKEN_BACK, GROUP_MET_THE_END, GROUP_WAITED_FOR_TURNS,
    GROUP_WAITED_WHEN_THE_RING_DIED,
    READ_WHEN_TAKEN_BACK,
    SLEPT, WORK_AFTER_ALL, WOKEN_BY_A_CALLER, WOKEN_BY_THE_KERNEL, WOKEN_BEFORE_IT_SLEPT, CALLER_HELD_UP_BEFORE_IT_WAKES,
    CALLER_FOUND_IT_AWAKE, TURNED_BEFORE_HANDING_IN_RETURNED,
    GENERATION_WRAPPED, GENERATION_WRAPPED_SIGN
  }

  /**
   * How states may follow one another, as they are seen: when a node is handed in, at each enter, and behind each turn. Where
   * nobody waits, the slot is given back in the turn that ends the operation, and its end is not seen.
   */
  static final int[][] TRANSITIONS = {
      {Probe.FREE, Probe.NEW},
      {Probe.NEW, Probe.QUEUED}, {Probe.NEW, Probe.FREE},
      {Probe.QUEUED, Probe.ISSUED}, {Probe.QUEUED, Probe.CANCEL_REQUESTED}, {Probe.QUEUED, Probe.TERMINAL},
      {Probe.QUEUED, Probe.FREE},
      {Probe.ISSUED, Probe.CANCEL_REQUESTED}, {Probe.ISSUED, Probe.DETACHED}, {Probe.ISSUED, Probe.TERMINAL},
      {Probe.ISSUED, Probe.FREE},
      {Probe.CANCEL_REQUESTED, Probe.DETACHED}, {Probe.CANCEL_REQUESTED, Probe.TERMINAL},
      {Probe.CANCEL_REQUESTED, Probe.FREE},
      {Probe.DETACHED, Probe.LEFT}, {Probe.DETACHED, Probe.TERMINAL},
      {Probe.LEFT, Probe.FREE},
      {Probe.TERMINAL, Probe.FREE},
  };

  /** What many runs have reached together. */
  static final class Coverage {
    final long[] faults = new long[SimulatedRing.Fault.values().length];
    final long[] events = new long[Event.values().length];
    /** By the order of {@link #TRANSITIONS}. */
    final long[] transitions = new long[TRANSITIONS.length];
    long runs;
    long steps;
    long calls;
  }

  private static final class Socket {
    final Descriptor descriptor;
    final boolean owned;
    final Call closing;
    /** Null until the kernel has made it. */
    File file;
    /** Whether a caller has it; before that only the ring's end closes it. */
    boolean given = true;
    long closeOrder;
    boolean closeTaken;
    boolean closedSeen;
    boolean hadVictims;

    Socket(Descriptor descriptor, File file, boolean owned, Call closing) {
      this.descriptor = descriptor;
      this.owned = owned;
      this.closing = closing;
      this.file = file;
    }
  }

  private static final class Stream {
    final Arrivals arrivals;
    final ArrayDeque<Integer> made = new ArrayDeque<>();
    final ArrayDeque<Pick> picks = new ArrayDeque<>();
    final BufferGroup group;
    boolean direct;
    /** Whether what it reads from has come to its end. */
    boolean isAtEnd;

    Stream(BufferGroup group) {
      this.arrivals = new Arrivals(group, false);
      this.group = group;
    }
  }

  /** A mailbox, with what was sent to it and nobody has taken yet. */
  private static final class Box {
    final Mailbox box;
    final int capacity;
    final ArrayDeque<Integer> sent = new ArrayDeque<>();
    int reserved;

    Box(Mailbox box, int capacity) {
      this.box = box;
      this.capacity = capacity;
    }
  }

  /** Bytes that came in a buffer of the group, until they are given back. */
  private record Pick(BufferGroup group, int number, MemorySegment bytes, byte fill) {
    boolean isIntact() {
      for (long i = 0; i < bytes.byteSize(); i++) {
        if (bytes.get(ValueLayout.JAVA_BYTE, i) != fill) {
          return false;
        }
      }
      return true;
    }
  }

  /** An operation, as the model has it. */
  private static final class Call {
    final Operation op;
    final int generation;
    final OperationKind kind;
    final Socket on;
    long deadline = Deadline.NONE;
    boolean far;
    OperationHandle handle;
    boolean submitted;
    long order;
    int asked;
    Buffer buffer;
    boolean transferred;
    boolean holds;
    /** What it makes. */
    List<Socket> expecting = List.of();
    DescriptorReceiver owner;
    ExpectedPipe pipe;
    Parts parts;
    /** What each part makes, or null. */
    Socket[] made;
    List<Socket> held = List.of();
    Stream stream;
    Box to;
    // What the kernel said.
    int taken;
    int main = NONE;
    boolean polled;
    int[] partResults;
    int lastState = Probe.FREE;

    Call(Operation op, OperationKind kind, Socket on) {
      this.op = op;
      this.generation = op.generation();
      this.kind = kind;
      this.on = on;
    }

    boolean waits() {
      return parts == null && stream == null;
    }

    boolean isGone() {
      return op.generation() != generation;
    }

    boolean isClose() {
      return kind == OperationKind.CLOSE || kind == OperationKind.DETACH;
    }

    boolean names(Socket socket) {
      return on == socket || held.contains(socket);
    }

    @Override
    public String toString() {
      return kind + " slot " + op.slot() + " generation " + generation;
    }
  }

  /** A driver that nobody drives but the run. */
  private final class Driver extends RingDriver {
    private final Sleeper sleeper = new Sleeper();
    private boolean fallsAsleep;

    Driver(Ring ring, int tableCapacity, boolean owned) {
      super("simulated", ring, tableCapacity, false, owned);
    }

    @Override
    public long nanoTime() {
      // Asked for before this object is made, too.
      return ((SimulatedRing) ring()).now();
    }

    /** By a caller who has handed in, which may be held up between the two. */
    @Override
    void wakeIfAsleep() {
      handedIn();
      observe();
      if (!resting && dice.below(4) == 0) {
        reach(Event.CALLER_HELD_UP_BEFORE_IT_WAKES);
        wakesDue++;
      } else {
        wake(Event.WOKEN_BY_A_CALLER);
      }
      if (!resting && !inHook && !turns && violation == null && dice.below(8) == 0) {
        reach(Event.TURNED_BEFORE_HANDING_IN_RETURNED);
        turn();
      }
    }

    void wake(Event by) {
      if (sleeper.wake(Sleeper.ASLEEP)) {
        trace("wakes:", by);
        reach(fallsAsleep ? Event.WOKEN_BEFORE_IT_SLEPT : by);
      } else {
        reach(Event.CALLER_FOUND_IT_AWAKE);
      }
    }

    boolean isAsleep() {
      return sleeper.is(Sleeper.ASLEEP);
    }

    @Override
    void alarm() {}

    @Override
    public boolean isPollerThread() {
      return false;
    }

    /** Who waits for a turn runs it: nobody else is here. */
    @Override
    public boolean turnIfPinned() {
      if (++turnsWaited > TURNS_TO_WAIT_MAX) {
        violated("what waits for a turn is never answered (I-11)");
      }
      if (violation != null) {
        throw new AssertionError(violation);
      }
      // It has handed in, and so it is not held up before it wakes who runs them.
      wakeLate();
      turn();
      ring.step();
      check();
      return true;
    }

    /**
     * Goes to sleep, where there is nothing to do. Others go on between any two steps of that: the look, the announcement,
     * the second look, the sleep.
     */
    void fallAsleep() {
      if (hasWorkAfterAll()) {
        return;
      }
      fallsAsleep = true;
      meanwhile();
      boolean sleeps = sleeper.announce(Sleeper.ASLEEP, () -> {
        meanwhile();
        boolean finds = hasWorkAfterAll();
        // Whatever it does behind its second look.
        meanwhile();
        return finds;
      });
      meanwhile();
      fallsAsleep = false;
      if (!sleeps) {
        reach(Event.WORK_AFTER_ALL);
      } else if (isAsleep()) {
        reach(Event.SLEPT);
        trace("sleeps");
      }
    }
  }

  private final long seed;
  private final Coverage coverage;
  private final List<String> trace;
  private final Dice dice;
  private final Odds odds = new Odds();
  private final SimulatedRing ring;
  private final Driver driver;
  private final boolean owned;
  private final int capacity;
  private final boolean mayDie;
  private final boolean flood;
  private final int actsInMidTurn;
  /** Whether slots have other generations to begin with. */
  private final boolean aged;
  private final List<Socket> sockets = new ArrayList<>();
  private final List<Call> calls = new ArrayList<>();
  /** Operations whose callers have their results, and whose slots are the kernel's. */
  private final List<Call> left = new ArrayList<>();
  private final boolean hasGroups;
  /** Null where none is registered. */
  private BufferGroup group;
  private int turnsWaited;
  /** Callers that have handed in, and are yet to look whether the driver sleeps. */
  private int wakesDue;
  private final List<Pick> reading = new ArrayList<>();
  private Box box;
  private int messages;
  private final Call[] bySlot;
  private final int[] outstanding;
  private long outstandingSum;
  private long order;
  private long ended;
  private long closes;
  private int leftInTable;
  private boolean inHook;
  private boolean turns;
  /** A caller is about to cancel all that there is; what is begun meanwhile may be among it. */
  private boolean cancelsAll;
  private boolean resting;
  private boolean deathSeen;
  private String violation;

  private Simulation(long seed, Coverage coverage, boolean traced) {
    this.seed = seed;
    this.coverage = coverage;
    this.trace = traced ? new ArrayList<>() : null;
    this.dice = new Dice(seed);
    this.flood = dice.below(40) == 0;
    this.mayDie = !flood && dice.below(16) == 0;
    this.owned = dice.coin();
    this.capacity = flood ? 16 : 4 + dice.below(20);
    this.bySlot = new Call[capacity];
    this.outstanding = new int[capacity];
    this.actsInMidTurn = dice.oneOf(0, 100, 300);
    chooseOdds();
    int sqEntries = 4 << dice.below(3);
    MEMORY.fill((byte) 0);
    this.ring = new SimulatedRing(
        dice, odds, coverage.faults, MEMORY, sqEntries, flood ? CQ_MAX : sqEntries << dice.below(3), this);
    ring.makeTable(flood ? dice.oneOf(4, 2_000, 2_000) : dice.below(5));
    this.driver = new Driver(ring, capacity, owned);
    this.aged = dice.coin();
    if (aged) {
      ageSlots();
    }
    this.hasGroups = !flood && dice.coin();
    ring.offsetNanos = Probe.offsetNanos(driver.table());
  }

  /** Has slots begin as they are after four, or two, thousand millions of operations. */
  private void ageSlots() {
    List<Operation> slots = new ArrayList<>();
    for (Operation op = driver.table().tryAcquire(); op != null; op = driver.table().tryAcquire()) {
      Wraps.generation(op, before(3));
      slots.add(op);
    }
    slots.reversed().forEach(Operation::release);
  }

  /** What a counter of 32 bits has come to which is about to begin anew, to look like less than nothing, or neither. */
  private int before(int countMax) {
    int count = 1 + dice.below(countMax);
    return dice.oneOf(0, -count, Integer.MIN_VALUE - count);
  }

  private void chooseOdds() {
    odds.submissionsBefore = before(80);
    odds.completionsBefore = before(80);
    odds.enterFails = dice.oneOf(0, 20, 200);
    odds.partly = dice.oneOf(0, 100, 500);
    odds.torn = dice.oneOf(0, 500);
    odds.atOnce = dice.oneOf(0, 200, 700);
    odds.worker = dice.oneOf(0, 100, 500);
    odds.shortened = dice.oneOf(0, 300);
    odds.refused = dice.oneOf(0, 100, 400);
    odds.submitterGone = flood ? 0 : dice.oneOf(0, 50, 400);
    odds.deadTimeout = dice.oneOf(0, 200);
    odds.transit = dice.oneOf(0, 100, 500);
    odds.oddCancel = dice.oneOf(0, 100, 500);
    odds.closeCut = dice.oneOf(0, 0, 100, 300);
    odds.multishotEnds = flood ? 0 : dice.oneOf(0, 50, 300);
    odds.anySlot = dice.oneOf(0, 300);
    odds.streamEnds = dice.oneOf(0, 100);
    odds.unpollable = dice.oneOf(0, 0, 200);
    odds.messageRefused = dice.oneOf(0, 100);
    odds.groupRefused = dice.oneOf(0, 0, 100);
    odds.older = dice.below(3) == 0;
    odds.burst = flood ? 64 : 1 + dice.below(4);
    odds.connections = flood ? 300 : odds.burst;
    odds.defers = owned ? true : dice.below(4) == 0;
    odds.order = dice.below(3);
    if (mayDie && dice.coin()) {
      odds.loses = 30 + dice.below(60);
    } else if (mayDie) {
      odds.drops = 20 + dice.below(60);
    }
  }

  /**
   * Runs one.
   *
   * @throws AssertionError with the seed, and what led to it, where an invariant does not hold
   */
  static void run(long seed, Coverage coverage) {
    Simulation simulation = new Simulation(seed, coverage, false);
    String failed = simulation.outcome();
    if (failed == null) {
      return;
    }
    Simulation again = new Simulation(seed, new Coverage(), true);
    String failedAgain = again.outcome();
    int from = Math.max(0, again.trace.size() - 80);
    throw new AssertionError("seed " + seed + ": " + failed
        + "\nreplay with -D" + SimulationTest.PROPERTY + "=" + seed
        + (failed.equals(failedAgain) ? "" : "\nbut replayed: " + failedAgain)
        + "\nafter " + again.trace.size() + " steps, the last of which are\n"
        + String.join("\n", again.trace.subList(from, again.trace.size())));
  }

  private String outcome() {
    try {
      simulate();
    } catch (RuntimeException | Error thrown) {
      if (violation == null) {
        violation = thrown + " at " + Arrays.asList(thrown.getStackTrace()).subList(0, Math.min(8, thrown.getStackTrace().length));
      }
    }
    return violation;
  }

  private void simulate() {
    coverage.runs++;
    int steps = STEPS_MAX / 2 + dice.below(STEPS_MAX / 2);
    for (int i = 0; i < 2; i++) {
      openSocket();
    }
    if (hasGroups) {
      registerGroup();
    }
    for (int i = 0; i < steps && violation == null; i++) {
      coverage.steps++;
      step();
      check();
    }
    comeToRest();
  }

  private void reach(Event event) {
    coverage.events[event.ordinal()]++;
  }

  private void trace(String what) {
    trace(what, "");
  }

  private void trace(String what, Object about) {
    if (trace != null) {
      trace.add(what + " " + about);
    }
  }

  @Override
  public void violated(String what) {
    if (violation == null) {
      trace("VIOLATED: " + what);
      violation = what;
    }
  }

  private void require(boolean holds, String what, Object about) {
    if (!holds) {
      violated(what + ": " + about);
    }
  }

  // ---- what happens

  private void step() {
    int what = dice.below(100);
    if (what < 26) {
      turn();
    } else if (what < 58) {
      for (int i = dice.below(5); i >= 0; i--) {
        ring.step();
      }
      trace("kernel");
    } else {
      act();
    }
  }

  private void turn() {
    if (driver.isAsleep()) {
      if (!ring.await()) {
        trace("asleep");
        return;
      }
      driver.wake(Event.WOKEN_BY_THE_KERNEL);
    }
    trace("turn");
    turns = true;
    if (!owned && dice.below(6) == 0) {
      driver.runWait(1);
    } else {
      driver.runTurn(owned && dice.coin());
    }
    observe();
    if (driver.turn.isUnfinished() && driver.failure() == null) {
      reach(Event.SUBMISSION_QUEUE_FULL);
    }
    trace("turned");
    if (violation == null && dice.coin()) {
      driver.fallAsleep();
    }
    turns = false;
  }

  /** Between two steps of a driver that goes to sleep. */
  private void meanwhile() {
    if (inHook || resting || violation != null || dice.below(3) != 0) {
      return;
    }
    inHook = true;
    if (dice.below(3) == 0) {
      ring.step();
    } else {
      trace("before it sleeps:");
      act();
    }
    observe();
    inHook = false;
  }

  /** Callers who were held up go on. */
  private void wakeLate() {
    for (; wakesDue > 0; wakesDue--) {
      driver.wake(Event.WOKEN_BY_A_CALLER);
    }
  }

  private void act() {
    if (wakesDue > 0 && dice.coin()) {
      wakeLate();
      return;
    }
    int what = dice.below(100);
    if (what < 40) {
      begin();
    } else if (what < 48) {
      submitLate();
    } else if (what < 60) {
      ask();
    } else if (what < 66) {
      close();
    } else if (what < 69) {
      openSocket();
    } else if (what < 78) {
      giveBack();
    } else if (what < 81) {
      mail();
    } else if (what < 83 && hasGroups && !inHook) {
      if (group == null) {
        registerGroup();
      } else {
        takeGroupBack();
      }
    } else if (what < 90) {
      collect(false);
    } else {
      long nanos = 1_000_000L * (dice.below(5) == 0 ? dice.below(3_000) : dice.below(60));
      trace("time passes:", nanos);
      ring.advance(nanos);
    }
  }

  @Override
  public void entering() {
    observe();
    if (inHook || resting || violation != null || !dice.chance(actsInMidTurn)) {
      return;
    }
    inHook = true;
    for (int i = dice.below(3); i >= 0; i--) {
      reach(Event.ACTED_IN_MID_TURN);
      trace("in mid-turn:");
      act();
      observe();
    }
    inHook = false;
  }

  private void registerGroup() {
    BufferGroup fresh = new BufferGroup(GROUP, 1 << dice.below(3), BYTES);
    int before = dice.oneOf(0, 0x1_0000, 0x8000) - fresh.count() * dice.oneOf(1, 2);
    if (before > 0) {
      Wraps.provided(fresh, before);
    }
    REGISTRATION.set(ValueLayout.JAVA_LONG, 0, fresh.address());
    REGISTRATION.set(ValueLayout.JAVA_INT, 8, fresh.count());
    boolean incremental = dice.below(3) != 0;
    int result = register(RegisterOps.REGISTER_PBUF_RING, incremental);
    if (result == -Errno.EINVAL && incremental) {
      reach(Event.GROUP_FELL_BACK);
      result = register(RegisterOps.REGISTER_PBUF_RING, false);
    }
    if (result == 0) {
      reach(Event.GROUP_REGISTERED);
      group = fresh;
    } else if (result == Outcome.RING_DEAD) {
      require(driver.failure() != null, "refused as dead by a ring that is alive", fresh);
      reach(Event.GROUP_MET_THE_END);
    } else {
      require(result == -Errno.ENOMEM, "refused in another way than the kernel's", result);
      reach(Event.GROUP_REFUSED);
    }
  }

  private int register(int operation, boolean incremental) {
    REGISTRATION.set(ValueLayout.JAVA_SHORT, 12, (short) GROUP);
    REGISTRATION.set(ValueLayout.JAVA_SHORT, 14, (short) (incremental ? RegisterOps.PBUF_RING_INC : 0));
    if (mayDie && dice.below(4) == 0) {
      // What is ahead of it fills the queue, and so it waits while the ring dies.
      for (int i = 0; i < 8; i++) {
        begin();
      }
      odds.drops = 1;
    }
    trace("register", operation);
    turnsWaited = 0;
    boolean alive = driver.failure() == null;
    int result = driver.table().register(operation, REGISTRATION.address(), 1);
    if (alive && result == Outcome.RING_DEAD) {
      reach(Event.GROUP_WAITED_WHEN_THE_RING_DIED);
    }
    if (turnsWaited > 1) {
      reach(Event.GROUP_WAITED_FOR_TURNS);
    }
    return result;
  }

  /** Where no stream uses them. */
  private void takeGroupBack() {
    for (int i = 0; i < calls.size(); i++) {
      if (calls.get(i).stream != null && calls.get(i).stream.group != null) {
        return;
      }
    }
    BufferGroup gone = group;
    group = null;
    int result = register(RegisterOps.UNREGISTER_PBUF_RING, false);
    if (result == Outcome.RING_DEAD) {
      require(driver.failure() != null, "refused as dead by a ring that is alive", gone);
      reach(Event.GROUP_MET_THE_END);
    } else {
      require(result == 0, "buffers do not come back", result);
      reach(Event.GROUP_TAKEN_BACK);
    }
  }

  private Operation acquire() {
    Operation op = driver.table().tryAcquire();
    if (op == null && driver.table().closedCause() == null) {
      reach(Event.TABLE_FULL);
    }
    return op;
  }

  private void openSocket() {
    Operation slot = acquire();
    if (slot != null) {
      File file = ring.open();
      boolean ours = dice.below(8) != 0;
      trace("open", file);
      sockets.add(socket(RegularDescriptor.of(driver.table(), slot, file.fd, ours), slot, file, ours));
    }
  }

  private Socket socket(Descriptor descriptor, Operation slot, File file, boolean ours) {
    Call closing = new Call(slot, ours ? OperationKind.CLOSE : OperationKind.DETACH, null);
    bySlot[slot.slot()] = closing;
    return new Socket(descriptor, file, ours, closing);
  }

  private Socket anySocket() {
    Socket socket = sockets.isEmpty() ? null : sockets.get(dice.below(sockets.size()));
    return socket == null || !socket.given ? null : socket;
  }

  /** Where the table is small, the next one needs its slot. */
  private Socket anyDirect() {
    for (int i = 0; i < sockets.size(); i++) {
      Socket socket = sockets.get(i);
      if (socket.given && socket.descriptor.isDirect() && socket.descriptor.isOpen()) {
        return socket;
      }
    }
    return anySocket();
  }

  private void begin() {
    int what = dice.below(100);
    Socket on = anySocket();
    if (what < 8 || on == null) {
      beginChain();
      return;
    }
    if (what < 12) {
      beginMessage();
      return;
    }
    OperationKind kind = what < 32 ? OperationKind.RECV
        : what < 45 ? OperationKind.SEND
        : what < 55 ? OperationKind.SEND_ZC
        : what < 63 ? OperationKind.ACCEPT
        : what < 69 ? maker(on)
        : what < 76 ? OperationKind.CONNECT
        : what < 82 ? OperationKind.FSYNC
        : what < 86 ? OperationKind.POLL
        : what < 88 ? OperationKind.TIMEOUT
        : what < 90 ? OperationKind.NOP
        : OperationKind.READ_MULTISHOT;
    boolean one = flood && ring.directDescriptors() > 0 && dice.below(4) == 0;
    if (one) {
      kind = OperationKind.ACCEPT;
    } else if (kind == OperationKind.READ_MULTISHOT || flood) {
      boolean picks = group != null && dice.below(3) != 0;
      boolean first = flood && ring.directDescriptors() > 0 ? dice.below(4) != 0 : dice.coin();
      Stream stream = new Stream(picks ? group : null);
      if (picks) {
        beginStream(on, first ? OperationKind.RECV : OperationKind.READ_MULTISHOT, stream);
      } else {
        stream.direct = first && ring.directDescriptors() > 0 && dice.below(4) != 0;
        beginStream(on, first ? OperationKind.ACCEPT : OperationKind.POLL, stream);
      }
      return;
    }
    boolean pipe = kind == OperationKind.PIPE;
    boolean off = kind == OperationKind.TIMEOUT || kind == OperationKind.NOP || kind == OperationKind.SOCKET
        || kind == OperationKind.OPENAT || pipe;
    boolean makes = kind == OperationKind.ACCEPT || kind == OperationKind.SOCKET || kind == OperationKind.OPENAT
        || kind == OperationKind.FILES_UPDATE || kind == OperationKind.FIXED_FD_INSTALL || pipe;
    boolean direct = makes && kind != OperationKind.FIXED_FD_INSTALL
        && (kind != OperationKind.ACCEPT && !pipe || ring.directDescriptors() > (pipe ? 1 : 0) && dice.below(4) != 0);
    boolean holds = kind.isWorkers() && !off;
    if (holds && !on.descriptor.beginCall()) {
      reach(Event.REFUSED_BY_CLOSING);
      return;
    }
    Operation op = acquire();
    Call call = op == null ? null : new Call(op, kind, off ? null : on);
    if (op == null || pipe && !expectPipe(call, direct) || makes && !pipe && !expect(call, direct)) {
      if (op != null) {
        op.release();
      }
      if (holds) {
        on.descriptor.endCall();
      }
      return;
    }
    call.holds = holds;
    stage(call, on);
    if (direct && kind != OperationKind.FILES_UPDATE) {
      Sqe.intoTable(op.memory(), op.base());
    }
    finishBegin(call);
  }

  /** Makes the owner of what it makes; false, and nothing is kept, where there is no room. */
  private boolean expect(Call call, boolean direct) {
    Operation slot = acquire();
    if (slot == null) {
      return false;
    }
    Descriptor expected = direct
        ? DirectDescriptor.expecting(driver.table(), slot, true)
        : RegularDescriptor.expecting(driver.table(), slot);
    if (expected == null) {
      reach(flood ? Event.FLOOD_REFUSED_ONE : Event.REFUSED_NO_SLOT);
      slot.release();
      return false;
    }
    call.expecting = List.of(expected(expected, slot));
    Expected owner = (Expected) expected;
    Operation op = call.op;
    call.owner = call.kind != OperationKind.FILES_UPDATE ? owner : count -> owner.receive(
        op.memory().get(ValueLayout.JAVA_INT, op.base() + SlotLayout.DATA));
    return true;
  }

  private boolean expectPipe(Call call, boolean direct) {
    Operation slot = acquire();
    Operation second = slot == null ? null : acquire();
    if (second == null) {
      if (slot != null) {
        slot.release();
      }
      return false;
    }
    int before = driver.table().directSlots().taken();
    ExpectedPipe pipe = ExpectedPipe.of(driver.table(), slot, second, direct);
    if (pipe == null) {
      reach(before + 1 == ring.directDescriptors() ? Event.PIPE_GAVE_ITS_FIRST_SLOT_BACK : Event.PIPE_REFUSED_NO_SLOT);
      return false;
    }
    pipe.madeBy(call.op);
    call.owner = pipe;
    call.pipe = pipe;
    call.expecting = List.of(expected(pipe.source(), slot), expected(pipe.sink(), second));
    return true;
  }

  private Socket expected(Descriptor descriptor, Operation slot) {
    Socket socket = socket(descriptor, slot, null, true);
    socket.given = false;
    return socket;
  }

  /** What makes descriptors of nothing, or of one the other kind. */
  private OperationKind maker(Socket on) {
    return dice.below(3) == 0 ? OperationKind.PIPE
        : dice.coin() ? on.file.direct ? OperationKind.FIXED_FD_INSTALL : OperationKind.FILES_UPDATE
        : dice.coin() ? OperationKind.SOCKET : OperationKind.OPENAT;
  }

  private void stage(Call call, Socket on) {
    Operation op = call.op;
    MemorySegment sqe = op.memory();
    long at = op.base();
    int fd = on.file.fd;
    switch (call.kind) {
      case RECV -> Sqe.prepRecv(sqe, at, fd, 0, BYTES, 0);
      case SEND -> Sqe.prepSend(sqe, at, fd, 0, BYTES, 0);
      case SEND_ZC -> {
        call.buffer = POOL.acquire(BYTES);
        call.transferred = dice.coin();
        Sqe.prepSendZc(sqe, at, fd, call.buffer.address(), BYTES, 0);
      }
      case ACCEPT -> Sqe.prepAccept(sqe, at, fd, 0, 0, 0);
      case SOCKET -> Sqe.prepSocket(sqe, at, Constants.AF_INET, Constants.SOCK_STREAM, 0);
      case PIPE -> Sqe.prepPipe(sqe, at, op.addressOf(SlotLayout.DATA), 0);
      case OPENAT -> Sqe.prepOpenat(sqe, at, Constants.AT_FDCWD, 0, 0, 0);
      case FILES_UPDATE -> {
        sqe.set(ValueLayout.JAVA_INT, at + SlotLayout.DATA, fd);
        Sqe.prepFilesUpdateAlloc(sqe, at, op.addressOf(SlotLayout.DATA), 1);
      }
      case FIXED_FD_INSTALL -> Sqe.prepFixedFdInstall(sqe, at, fd, 0);
      case CONNECT -> Sqe.prepConnect(sqe, at, fd, 0, 0);
      case FSYNC -> Sqe.prepFsync(sqe, at, fd, 0);
      case POLL -> Sqe.prepPollAdd(sqe, at, fd, Constants.POLLIN);
      case TIMEOUT -> {
        op.stageTimespec(SlotLayout.ADDRESS, ring.now() + 1_000_000L * dice.below(200));
        Sqe.prepTimeout(sqe, at, op.addressOf(SlotLayout.ADDRESS), 0, 1);
      }
      default -> Sqe.prepNop(sqe, at);
    }
  }

  private void finishBegin(Call call) {
    Operation op = call.op;
    transition(call, Probe.state(op));
    op.describe(call.kind, call.on == null ? null : call.on.descriptor, call.buffer);
    if (dice.coin()) {
      call.handle = new OperationHandle();
      op.bind(call.handle);
    }
    if (call.on != null && !call.on.descriptor.beginOperation()) {
      reach(Event.REFUSED_BY_CLOSING);
      op.unbind(Outcome.CLOSED);
      op.release();
      transition(call, Probe.FREE);
      giveUp(call);
      return;
    }
    if (call.owner != null) {
      op.deliverDescriptorTo(call.owner);
    }
    if (call.transferred) {
      op.transfer(POOL, call.buffer);
    }
    int when = call.stream != null ? 0 : dice.below(10);
    if (when >= 8) {
      call.far = true;
      call.deadline = ring.now() + 600_000_000L + 1_000_000L * dice.below(4_000);
    } else if (when >= 5) {
      call.deadline = ring.now() + 1_000_000L * dice.below(400);
    }
    if (cancelsAll) {
      call.asked |= 4;
    }
    coverage.calls++;
    calls.add(call);
    bySlot[op.slot()] = call;
    trace("begin", call);
    if (call.generation == 0 && aged) {
      reach(Event.GENERATION_WRAPPED);
    } else if (call.generation == Integer.MIN_VALUE) {
      reach(Event.GENERATION_WRAPPED_SIGN);
    }
    if (dice.below(8) != 0) {
      submit(call);
    }
  }

  /** What a caller does with what it has brought along, where nothing was begun. */
  private void giveUp(Call call) {
    if (call.buffer != null) {
      POOL.release(call.buffer);
    }
    discard(call);
    if (call.holds) {
      call.on.descriptor.endCall();
    }
  }

  /** Begins a stream, or begins it again: what it has brought goes on where it was. */
  private void beginStream(Socket on, OperationKind kind, Stream stream) {
    Operation op = acquire();
    if (op == null) {
      return;
    }
    Call call = new Call(op, kind, on);
    call.stream = stream;
    MemorySegment sqe = op.memory();
    long at = op.base();
    int fd = on.file.fd;
    switch (kind) {
      case RECV -> Sqe.prepMultishotRecv(sqe, at, fd, GROUP);
      case READ_MULTISHOT -> Sqe.prepMultishotRead(sqe, at, fd, GROUP);
      case POLL -> Sqe.prepMultishotPoll(sqe, at, fd, Constants.POLLIN);
      default -> {
        if (stream.direct) {
          Sqe.prepMultishotAcceptDirect(sqe, at, fd);
        } else {
          Sqe.prepMultishotAccept(sqe, at, fd);
        }
      }
    }
    op.deliverTo(stream.arrivals);
    stream.arrivals.begin();
    finishBegin(call);
  }

  /** What a taker does who finds that the operation has ended, and the stream not (K-08, K-34, K-50). */
  private void beginAgain(Call call, int outcome) {
    boolean over = outcome < 0 && outcome != -Errno.ENOBUFS && outcome != Outcome.PAUSED && !Outcome.isInterruption(outcome)
        || outcome == 0 && call.stream.isAtEnd;
    if (!over && !resting && dice.coin()) {
      reach(Event.STREAM_BEGUN_AGAIN);
      beginStream(call.on, call.kind, call.stream);
    }
  }

  /** Takes room in the mailbox, or answers null where there is none. */
  private Box reserve() {
    if (box == null || !box.box.isOpen()) {
      return null;
    }
    boolean room = box.box.reserve();
    require(room == box.reserved < box.capacity, "room in a mailbox, or none, and it is the other way round", box.reserved);
    if (!room) {
      reach(Event.MAILBOX_FULL);
      return null;
    }
    box.reserved++;
    return box;
  }

  private void beginMessage() {
    Box to = reserve();
    if (to == null) {
      return;
    }
    Operation op = acquire();
    if (op == null) {
      unreserve(to);
      return;
    }
    Call call = new Call(op, OperationKind.MSG_RING, null);
    call.to = to;
    Sqe.prepMsgRing(op.memory(), op.base(), to.box.ringFd(), ++messages, to.box.userData(), 0);
    finishBegin(call);
  }

  private void unreserve(Box to) {
    reach(Event.MESSAGE_NOT_SENT);
    to.box.unreserve();
    to.reserved--;
  }

  private void mail() {
    int what = dice.below(10);
    if (box == null || what == 0) {
      if (box != null) {
        trace("close the mailbox");
        reach(Event.MAILBOX_CLOSED);
        box.box.close();
      }
      int capacity = 1 + dice.below(4);
      box = new Box(new Mailbox(driver.table(), capacity), capacity);
    } else if (what < 5) {
      Box to = reserve();
      if (to != null) {
        ring.message(to.box.userData(), ++messages);
      }
    } else {
      takeMessages();
    }
  }

  /** Takes all that have come: the rest must be on its way. */
  private void takeMessages() {
    int[] outcome = new int[1];
    for (int message = take(outcome); outcome[0] == 0; message = take(outcome)) {
      Integer sent = box.sent.poll();
      require(sent != null && sent == message, "another message than the one that was sent, or not in order", message);
      reach(Event.MESSAGE_TAKEN);
      box.reserved--;
    }
    if (driver.failure() != null || ring.hasLost() || !box.box.isOpen()) {
      return;
    }
    int[] coming = new int[1];
    ring.forEachOutstanding(userData -> coming[0] += userData == box.box.userData() ? 1 : 0);
    require(box.sent.size() == coming[0], "messages sent and not taken " + box.sent.size() + ", on their way", coming[0]);
  }

  private int take(int[] outcome) {
    return box.box.take(System.nanoTime() - 1, outcome);
  }

  @Override
  public void messaged(long userData, int message) {
    if (box != null && box.box.userData() == userData) {
      box.sent.add(message);
    } else {
      reach(Event.MESSAGE_TOO_LATE);
    }
  }

  private void beginChain() {
    List<Socket> held = new ArrayList<>();
    Operation op = acquire();
    if (op == null) {
      return;
    }
    int count = 1 + dice.below(3);
    Call call = new Call(op, OperationKind.CUSTOM, null);
    call.made = new Socket[count];
    DescriptorReceiver[] receivers = new DescriptorReceiver[count];
    boolean makes = dice.below(3) == 0;
    for (int i = 0; i < count; i++) {
      long at = op.base() + SlotLayout.part(i);
      Socket on = anySocket();
      int named = 0;
      boolean direct = ring.directDescriptors() > 0 && dice.coin();
      if (makes && (i == 0 || dice.below(4) == 0) && expect(call, direct)) {
        call.made[i] = call.expecting.getFirst();
        receivers[i] = call.owner;
        boolean accepts = on != null && dice.coin() && (held.contains(on) || on.descriptor.beginCall());
        if (accepts) {
          if (!held.contains(on)) {
            held.add(on);
          }
          Sqe.prepAccept(op.memory(), at, on.file.fd, 0, 0, 0);
          named = on.descriptor.sqeFlags();
        } else if (dice.coin()) {
          Sqe.prepSocket(op.memory(), at, Constants.AF_INET, Constants.SOCK_STREAM, 0);
        } else {
          Sqe.prepOpenat(op.memory(), at, Constants.AT_FDCWD, 0, 0, 0);
        }
        if (direct) {
          Sqe.intoTable(op.memory(), at);
        }
      } else if (on == null || dice.coin() || !held.contains(on) && !on.descriptor.beginCall()) {
        Sqe.prepNop(op.memory(), at);
      } else {
        if (!held.contains(on)) {
          held.add(on);
        }
        if (dice.coin()) {
          Sqe.prepRead(op.memory(), at, on.file.fd, 0, dice.coin() ? BYTES : 0, 0);
        } else {
          Sqe.prepFsync(op.memory(), at, on.file.fd, 0);
        }
        named = on.descriptor.sqeFlags();
      }
      int link = dice.coin() ? SqeFlags.IO_LINK : SqeFlags.IO_HARDLINK;
      Sqe.setFlags(op.memory(), at, named | (i == count - 1 ? 0 : link));
    }
    call.held = held;
    call.partResults = new int[count];
    Arrays.fill(call.partResults, NONE);
    call.parts = new Parts(
        count,
        dice.coin() ? Parts.WHOLE : dice.below(count),
        held.stream().map(socket -> socket.descriptor).toList(),
        receivers);
    call.owner = null;
    call.expecting = Arrays.stream(call.made).filter(Objects::nonNull).toList();
    op.chain(call.parts);
    finishBegin(call);
  }

  private void submit(Call call) {
    call.submitted = true;
    call.order = ++order;
    if (call.on != null && !call.on.descriptor.isOpen()) {
      reach(Event.BEGUN_BEFORE_CLOSE_AND_HANDED_IN_LATER);
    }
    trace("submit", call);
    call.op.submit(call.deadline, call.waits());
  }

  private void submitLate() {
    for (int i = 0; i < calls.size(); i++) {
      if (!calls.get(i).submitted) {
        submit(calls.get(i));
        return;
      }
    }
  }

  private void handedIn() {
    order++;
    for (int i = 0; i < sockets.size(); i++) {
      Socket socket = sockets.get(i);
      if (socket.closeOrder == 0 && socket.descriptor.closing() != null) {
        trace("its close is handed in:", socket.file);
        socket.closeOrder = order;
        socket.closing.submitted = true;
      }
    }
  }

  private void ask() {
    if (calls.isEmpty()) {
      return;
    }
    Call call = calls.get(dice.below(calls.size()));
    if (dice.below(20) == 0) {
      trace("cancel all");
      calls.forEach(each -> each.asked |= 4);
      boolean before = cancelsAll;
      cancelsAll = true;
      driver.table().cancelAll(Outcome.CANCELLED);
      cancelsAll = before;
      return;
    }
    boolean interrupts = dice.coin();
    trace(interrupts ? "interrupt" : "cancel", call);
    if (call.submitted) {
      call.asked |= interrupts ? 1 : 2;
      boolean gone = call.isGone();
      boolean first = Probe.requestCancel(
          call.op, call.generation, interrupts ? Outcome.INTERRUPTED : Outcome.CANCELLED);
      require(!first || !gone, "a cancel of what is gone was taken (I-2)", call);
    }
  }

  private void close() {
    Socket socket = anySocket();
    if (dice.coin()) {
      socket = anyDirect();
    }
    if (socket == null) {
      return;
    }
    trace("close", socket.file);
    socket.hadVictims |= socket.descriptor.inFlight() > 0;
    if (dice.coin()) {
      socket.descriptor.closeWithoutWaiting();
    } else if (socket.descriptor.beginClose()) {
      socket.descriptor.cancelOperations();
      socket.descriptor.endCall();
    }
    if (!socket.descriptor.isOpen() && socket.closeOrder == 0) {
      reach(Event.CLOSE_WAITED_FOR_CALL);
    }
  }

  // ---- what callers get

  private void collect(boolean all) {
    for (int i = 0; i < calls.size(); i++) {
      Call call = calls.get(i);
      if (call.stream != null && (all || !flood && dice.coin())) {
        takeArrivals(call);
      }
      if (call.submitted && isOver(call) && takesAll(call) && (all || dice.below(3) != 0)) {
        trace("over:", call);
        calls.remove(i--);
        ended++;
        finish(call);
      }
    }
    for (int i = 0; i < sockets.size(); i++) {
      Socket socket = sockets.get(i);
      if (socket.descriptor.isClosed()) {
        sockets.remove(i--);
        closes++;
        closed(socket);
      }
    }
  }

  private void closed(Socket socket) {
    boolean dead = driver.failure() != null;
    require(dead || socket.closing.isGone(), "a descriptor is closed and its slot is kept", socket.closing);
    require(dead || socket.owned != socket.file.open, "closed, owned, and open all the same, or not", socket.closing);
    require(dead || socket.descriptor.inFlight() == 0, "closed with operations in flight (I-5)", socket.closing);
    if (socket.file.direct) {
      reach(Event.DIRECT_CLOSED);
    }
    reach(!socket.owned ? Event.LEFT_OPEN : socket.hadVictims ? Event.CLOSED_WITH_VICTIMS : Event.CLOSED_IDLE);
    if (socket.file.open) {
      ring.close(socket.file);
    }
  }

  private boolean isOver(Call call) {
    if (!call.waits()) {
      return call.isGone() || call.op.generation() == call.generation && Probe.state(call.op) == Probe.TERMINAL;
    }
    require(!call.isGone(), "gone before its caller has its result", call);
    return Probe.state(call.op) >= Probe.DETACHED;
  }

  /** Whether nothing is left to be taken of an operation that has many. */
  private boolean takesAll(Call call) {
    return call.stream == null || takeArrivals(call);
  }

  /** Takes what has come; false where there is no slot to own the next one with. */
  private boolean takeArrivals(Call call) {
    while (!call.stream.arrivals.isEmpty()) {
      Operation slot = call.stream.direct ? acquire() : null;
      if (call.stream.direct && slot == null && driver.table().closedCause() == null) {
        return false;
      }
      call.stream.arrivals.take();
      Integer made = call.stream.made.poll();
      require(made != null && made == call.stream.arrivals.result(), "arrived out of order, lost, or never made", call);
      reach(Event.STREAM_BROUGHT);
      if ((call.stream.arrivals.flags() & CqeFlags.BUFFER) != 0) {
        received(call, call.stream.arrivals);
      } else if (call.stream.arrivals.result() == 0 && call.kind == OperationKind.READ_MULTISHOT) {
        reach(Event.READ_TO_THE_END);
      }
      call.stream.isAtEnd = call.stream.arrivals.result() == 0;
      if (call.stream.direct && made != null) {
        claim(ring.inSlot(made), slot);
      } else if (call.kind == OperationKind.ACCEPT && made != null) {
        ring.close(ring.at(made));
      }
    }
    return true;
  }

  private void received(Call call, Arrivals from) {
    if (call.kind == OperationKind.READ_MULTISHOT) {
      reach(from.offset() > 0 ? Event.READ_IN_A_SHARED_BUFFER : Event.READ);
    } else {
      reach(from.offset() > 0 ? Event.RECEIVED_IN_A_SHARED_BUFFER : Event.RECEIVED);
    }
    Pick pick = call.stream.picks.poll();
    int number = from.flags() >>> CqeFlags.BUFFER_SHIFT;
    if (pick == null || pick.number != number) {
      violated("a buffer that was not picked for it: " + call);
      return;
    }
    MemorySegment slice = pick.group.slice(number, from.offset(), from.result());
    require(slice.address() == pick.bytes.address(), "its bytes begin elsewhere in the buffer (K-51)", call);
    require(slice.byteSize() == pick.bytes.byteSize() && pick.isIntact(), "other bytes than those that came (I-3)", call);
    reading.add(pick);
  }

  /** A reader is through with some bytes. */
  private void giveBack() {
    if (!reading.isEmpty()) {
      Pick pick = reading.remove(dice.below(reading.size()));
      require(pick.isIntact(), "written to while a reader had it (I-3)", pick);
      reach(Event.BUFFER_GIVEN_BACK);
      if (pick.group != group) {
        reach(Event.READ_WHEN_TAKEN_BACK);
      }
      pick.group.release(pick.number);
    }
  }

  private void claim(File file, Operation slot) {
    if (slot == null) {
      // The ring is at its end, which is that of its table.
      reach(Event.DIRECT_LEFT_TO_RING);
      leftInTable++;
      return;
    }
    reach(Event.SLOT_TAKEN_BY_STREAM);
    require(file != null && file.unclaimed, "a slot that was made is another's", file);
    file.unclaimed = false;
    sockets.add(socket(DirectDescriptor.of(driver.table(), slot, file.fd, true), slot, file, true));
    if (driver.table().directSlots().taken() > ring.directDescriptors()) {
      reach(Event.MORE_THAN_THE_TABLE_TAKEN);
    }
  }

  private void finish(Call call) {
    if (call.stream != null) {
      takeArrivals(call);
      require(call.stream.arrivals.isEnded(), "a stream's operation is gone, and its end not told", call);
      int outcome = call.stream.arrivals.outcome();
      require(driver.failure() != null || call.stream.made.isEmpty(), "lost arrivals (I-9)", call.stream.made);
      reach(outcome == Outcome.PAUSED ? Event.STREAM_PAUSED : Event.STREAM_ENDED);
      boolean reads = call.kind == OperationKind.READ_MULTISHOT;
      if (flood && call.stream.direct) {
        if (outcome == Outcome.PAUSED) {
          reach(Event.FLOOD_PAUSED_DIRECT_ACCEPTS);
        } else if (outcome == -Errno.ENFILE) {
          reach(Event.FLOOD_FILLED_THE_TABLE);
        }
      }
      if (outcome == -Errno.ENOBUFS) {
        reach(reads ? Event.READ_OUT_OF_BUFFERS : Event.OUT_OF_BUFFERS);
      } else if (reads && outcome < 0) {
        reach(outcome == Outcome.CLOSED ? Event.READ_CLOSED : Outcome.isErrno(outcome) ? Event.READ_FAILED : Event.READ_CANCELLED);
      }
      verifyStream(call, outcome);
      finishHandle(call, outcome);
      beginAgain(call, outcome);
    } else if (call.parts != null) {
      require(call.parts.isDone(), "a chain is gone, and its end not told", call);
      int outcome = call.parts.await(call.op, call.generation, false);
      verifyChain(call, outcome);
      finishHandle(call, outcome);
      finishMade(call, outcome);
    } else {
      finishWaiter(call);
    }
  }

  private void finishWaiter(Call call) {
    int result = call.op.result();
    verify(call, result);
    if (call.to != null && result < 0) {
      unreserve(call.to);
    }
    boolean detached = Probe.state(call.op) == Probe.DETACHED;
    if (result != Outcome.RING_DEAD) {
      call.op.release();
      if (detached) {
        left.add(call);
      }
      observe(call);
    }
    if (call.transferred) {
      reach(Event.BUFFER_WENT_BACK_BY_ITSELF);
    } else if (call.buffer != null) {
      POOL.release(call.buffer);
    }
    if (call.holds) {
      call.on.descriptor.endCall();
    }
    finishHandle(call, result);
    if (result >= 0) {
      call.expecting.forEach(this::own);
    } else {
      discard(call);
    }
    if (flood && result == -Errno.ENFILE) {
      reach(Event.FLOOD_LEFT_NO_SLOT_TO_ONE);
    }
    if (call.pipe != null) {
      boolean direct = call.pipe.source().isDirect();
      reach(result >= 0 ? direct ? Event.DIRECT_PIPE_OWNED : Event.PIPE_OWNED
          : direct ? Event.DIRECT_PIPE_DISCARDED : Event.PIPE_DISCARDED);
      if (result < 0 && !Outcome.isErrno(result)) {
        reach(Event.PIPE_ENDED_EARLY);
      }
    }
  }

  /** What parts have made is the caller's, if the chain is done and it wants that; the rest is let go of (I-9). */
  private void finishMade(Call call, int outcome) {
    boolean wanted = outcome == 0 && dice.below(8) != 0;
    boolean failed = false;
    for (int i = 0; i < call.made.length; i++) {
      failed |= call.parts.result(i) < 0;
    }
    for (int i = 0; i < call.made.length; i++) {
      Socket made = call.made[i];
      if (made == null) {
        continue;
      }
      if (call.parts.result(i) < 0) {
        reach(outcome == 0 ? Event.CHAIN_BROKE_BEFORE_MAKING : Event.CHAIN_ENDED_BEFORE_MAKING);
        sockets.remove(made);
        ((Expected) made.descriptor).discard();
        continue;
      }
      require(made.descriptor.sqeFd() == made.file.fd, "what a part has made has no owner (I-9)", call);
      if (wanted) {
        reach(made.file.direct ? Event.CHAIN_MADE_DIRECT : Event.CHAIN_MADE);
        if (failed) {
          reach(Event.CHAIN_BROKE_AFTER_MAKING);
        }
        made.given = true;
      } else {
        reach(outcome == 0 ? Event.CHAIN_GIVEN_UP_AND_CLOSED : Event.CHAIN_ENDED_AFTER_MAKING_AND_CLOSED_IT);
        trace("closes what a part has made:", made.file);
        made.descriptor.closeWithoutWaiting();
      }
    }
  }

  private void own(Socket made) {
    if (flood && made.file.direct) {
      reach(Event.FLOOD_OWNED_DIRECT);
    }
    reach(made.file.direct ? Event.DIRECT_OWNED : Event.DESCRIPTOR_OWNED);
    require(made.descriptor.sqeFd() == made.file.fd, "a descriptor has no owner (I-9)", made.file);
    made.given = true;
  }

  private void discard(Call call) {
    for (Socket none : call.expecting) {
      reach(none.descriptor.isDirect() ? Event.DIRECT_DISCARDED : Event.DESCRIPTOR_DISCARDED);
      // On a dead ring the kernel may have made one that nobody will ever hear of.
      sockets.remove(none);
      if (call.pipe == null) {
        ((Expected) none.descriptor).discard();
      }
    }
    if (call.pipe != null) {
      call.pipe.discard();
    }
  }

  private void finishHandle(Call call, int outcome) {
    if (call.handle == null) {
      return;
    }
    switch (call.handle.cancel()) {
      case CANCELLED -> {
        reach(Event.HANDLE_CANCELLED);
        require((call.asked & 6) != 0, "told to be cancelled, unasked", call);
      }
      case ALREADY_RUNNING -> reach(Event.HANDLE_RUNNING);
      case ALREADY_DONE -> {
        reach(Event.HANDLE_DONE);
        require(outcome != Outcome.CANCELLED, "cancelled, and told to be done", call);
      }
    }
  }

  /** Whether an outcome agrees with what the kernel did, and what was asked for (I-8). */
  private void verify(Call call, int result) {
    int main = call.main;
    boolean dead = driver.failure() != null;
    boolean cut = main == NONE || Outcome.isInterruption(main);
    boolean undecided = call.kind == OperationKind.CONNECT && call.taken > 1
        && (call.polled || main == -Errno.EALREADY);
    if (result >= 0) {
      boolean zero = call.kind == OperationKind.TIMEOUT && main == -Errno.ETIME
          || call.kind == OperationKind.CONNECT && main == -Errno.EISCONN && call.taken > 1;
      agree(zero ? 0 : main, result, call);
      reach(call.asked != 0 ? Event.RESULT_BEAT_CANCEL : Event.RESULT);
    } else if (result == Outcome.RING_DEAD) {
      require(dead, "dead on a ring that is alive", call);
      reach(Event.RING_DEAD);
    } else if (main >= 0 && !undecided) {
      violated("answered " + result + ", the kernel " + main + " (I-8): " + call);
    } else {
      verifyEnd(call, result, cut || undecided);
      if (Outcome.isErrno(result)) {
        agree(main, result, call);
      }
    }
  }

  private void agree(int kernel, int answered, Object about) {
    if (kernel != answered) {
      violated("answered " + answered + ", the kernel " + kernel + ": " + about);
    }
  }

  private void verifyEnd(Call call, int result, boolean cut) {
    switch (result) {
      case Outcome.TIMED_OUT -> {
        require(cut && call.deadline <= ring.now(), "timed out too early", call);
        reach(call.far ? Event.TIMED_OUT_FAR : Event.TIMED_OUT);
      }
      case Outcome.CANCELLED -> {
        require(cut && (call.asked & 6) != 0, "cancelled unasked", call);
        reach(Event.CANCELLED);
      }
      case Outcome.INTERRUPTED -> {
        require(cut && (call.asked & 1) != 0, "interrupted unasked", call);
        reach(Event.INTERRUPTED);
      }
      case Outcome.CLOSED -> {
        boolean closing = call.on != null && !call.on.descriptor.isOpen()
            || call.held.stream().anyMatch(socket -> !socket.descriptor.isOpen());
        require(closing || resting, "closed on what is open", call);
        reach(Event.CLOSED);
      }
      default -> {
        require(Outcome.isErrno(result), "an outcome of no sort", call);
        require(!Outcome.isInterruption(result), "cut off, and nobody had asked for that (K-34)", call);
        reach(Event.ERROR);
      }
    }
  }

  private void verifyStream(Call call, int outcome) {
    if (outcome == 0) {
      require(call.main >= 0, "ended well, and not so in the kernel", call);
    } else if (Outcome.isErrno(outcome)) {
      agree(call.main, outcome, call);
    } else if (outcome == Outcome.RING_DEAD) {
      require(driver.failure() != null, "dead on a ring that is alive", call);
    } else if (outcome != Outcome.PAUSED) {
      verifyEnd(call, outcome, call.main < 0);
    }
  }

  private void verifyChain(Call call, int outcome) {
    if (outcome == Outcome.RING_DEAD) {
      require(driver.failure() != null, "dead on a ring that is alive", call);
      return;
    }
    boolean cut = false;
    for (int i = 0; i < call.partResults.length; i++) {
      int said = call.partResults[i];
      int answered = call.parts.result(i);
      boolean refused = answered == -Errno.ECANCELED && (said == NONE || Outcome.isInterruption(said));
      agree(refused ? answered : said, answered, call);
      cut |= Outcome.isInterruption(answered);
    }
    reach(outcome == 0 ? Event.CHAIN_DONE : Event.CHAIN_ENDED);
    if (outcome != 0) {
      verifyEnd(call, outcome, cut);
    }
  }

  // ---- what the kernel is asked for

  private Call callOf(Request request) {
    int slot = UserData.slot(request.userData);
    Call call = slot < capacity ? bySlot[slot] : null;
    if (call == null || call.generation != UserData.generation(request.userData) || call.isGone()) {
      violated("an entry of no operation that is in flight (I-2): " + request);
      return null;
    }
    return call;
  }

  @Override
  public void taken(Request request) {
    trace("  taken:", request);
    if (request.isOfTheRing()) {
      return;
    }
    ring.forEachHeld(other -> require(
        other == request || other.userData != request.userData, "user data used twice at once (I-2)", request));
    Call call = callOf(request);
    if (call == null) {
      return;
    }
    int part = UserData.part(request.userData);
    require(call.submitted, "an entry of what was not handed in", request);
    if (call.isClose()) {
      closeTaken(call, request, part);
    } else if (part == UserData.MAIN || part >= UserData.SECOND_PART) {
      mainTaken(call, request, part == UserData.MAIN ? 0 : part - UserData.SECOND_PART + 1);
    }
  }

  private void closeTaken(Call closing, Request request, int part) {
    Socket socket = socketOf(closing);
    require(socket.closeOrder != 0, "a close that was not handed in", request);
    if (part != UserData.MAIN) {
      return;
    }
    if (socket.owned && closing.taken++ == 0) {
      require(request.linked, "a close with no cancel before it (I-6)", request);
    }
    socket.closeTaken = true;
    for (int i = 0; i < calls.size(); i++) {
      Call call = calls.get(i);
      if (call.names(socket) && call.submitted && call.order < socket.closeOrder && call.taken == 0 && !call.isGone()) {
        require(!Probe.isUnissued(call.op), "a close is issued before an operation that was handed in before it (I-5)", call);
      }
    }
  }

  private Socket socketOf(Call closing) {
    for (int i = 0; i < sockets.size(); i++) {
      if (sockets.get(i).closing == closing) {
        return sockets.get(i);
      }
    }
    throw new AssertionError("no socket of " + closing);
  }

  private void mainTaken(Call call, Request request, int part) {
    for (int i = 0; i < sockets.size(); i++) {
      Socket socket = sockets.get(i);
      require(!socket.closeTaken || !call.names(socket), "an entry names what was closed before (I-5)", request);
    }
    if (call.parts != null) {
      int said = call.partResults[part];
      require(said == NONE || Outcome.isInterruption(said), "done again, after a result", request);
      if (said != NONE) {
        reach(Event.CHAIN_TAKEN_UP);
        if (part > 0 && call.made[part - 1] != null) {
          reach(Event.CHAIN_TAKEN_UP_BEHIND_MAKER);
        }
      }
      call.partResults[part] = NONE;
      call.taken++;
      return;
    }
    if (call.taken++ > 0) {
      boolean connect = call.kind == OperationKind.CONNECT && (call.polled || call.main == -Errno.EALREADY);
      require(connect || Outcome.isInterruption(call.main), "done again, after a result", request);
      reach(Event.RESUBMITTED);
    }
    boolean asItIs = call.on == null || request.direct == call.on.descriptor.isDirect();
    require(asItIs || call.kind == OperationKind.FILES_UPDATE,
        "names a slot as a number, or the other way round (K-67)", request);
    call.main = NONE;
    call.polled = call.kind == OperationKind.CONNECT && request.is(Opcode.POLL_ADD);
    require(!request.linked && (request.flags & (SqeFlags.ASYNC | SqeFlags.IO_DRAIN)) == 0,
        "an operation is a link's tail, drained, or forced async (I-7)", request);
  }

  @Override
  public void begun(Request request) {
    Call call = callOf(request);
    if (call == null) {
      return;
    }
    Socket socket = call.isClose() ? socketOf(call) : call.on;
    boolean ours = socket != null && socket.file == request.file;
    for (int i = 0; i < call.held.size(); i++) {
      ours |= call.held.get(i).file == request.file;
    }
    require(ours, "works on a number that is not its descriptor's any more (K-14)", request);
  }

  @Override
  public void picked(Request request, int number, long address, int bytes, byte fill) {
    Call call = callOf(request);
    if (call != null) {
      MemorySegment all = call.stream.group.slice(number, 0, BYTES);
      long offset = address - all.address();
      require(offset >= 0 && offset + bytes <= BYTES, "bytes outside of the buffer", request);
      call.stream.picks.add(new Pick(call.stream.group, number, all.asSlice(offset, bytes), fill));
    }
  }

  @Override
  public void tableFull(Request request) {
    Call call = callOf(request);
    boolean more = driver.table().directSlots().taken() + unclaimed() > ring.directDescriptors();
    require(more || call == null || call.stream != null,
        "a slot was spoken for, and there is none (K-66)", request);
  }

  private int unclaimed() {
    int unclaimed = 0;
    for (int i = 0; i < ring.directDescriptors(); i++) {
      unclaimed += ring.inSlot(i) != null && ring.inSlot(i).unclaimed ? 1 : 0;
    }
    return unclaimed;
  }

  @Override
  public void completed(Request request, int result, int flags) {
    if (trace != null) {
      trace("  completed with " + result + " flags " + flags + ":", request);
    }
    if (request.isOfTheRing()) {
      return;
    }
    Call call = callOf(request);
    if (call == null || call.isClose()) {
      return;
    }
    int part = UserData.part(request.userData);
    if (part != UserData.MAIN && part < UserData.SECOND_PART || (flags & CqeFlags.NOTIF) != 0) {
      return;
    }
    if (call.parts != null) {
      int index = part == UserData.MAIN ? 0 : part - UserData.SECOND_PART + 1;
      call.partResults[index] = result;
      Socket made = call.made[index];
      if (made != null && result >= 0) {
        made.file = request.isIntoTable() ? request.made : ring.at(result);
        sockets.add(made);
      }
      return;
    }
    call.main = result;
    if (result >= 0) {
      for (int i = 0; i < call.expecting.size(); i++) {
        boolean known = call.pipe != null || request.isIntoTable();
        call.expecting.get(i).file = !known ? ring.at(result) : i == 0 ? request.made : request.second;
        sockets.add(call.expecting.get(i));
      }
    }
    if (call.stream != null && result >= 0) {
      call.stream.made.add(result);
    }
  }

  // ---- what holds at every step

  private void observe() {
    for (int i = 0; i < calls.size(); i++) {
      observe(calls.get(i));
    }
    for (int i = 0; i < left.size(); i++) {
      observe(left.get(i));
      if (left.get(i).isGone()) {
        left.remove(i--);
      }
    }
  }

  private void observe(Call call) {
    transition(call, call.isGone() ? Probe.FREE : Probe.state(call.op));
  }

  private void transition(Call call, int state) {
    int from = call.lastState;
    if (state == from) {
      return;
    }
    call.lastState = state;
    for (int i = 0; i < TRANSITIONS.length; i++) {
      if (TRANSITIONS[i][0] == from && TRANSITIONS[i][1] == state) {
        coverage.transitions[i]++;
        return;
      }
    }
    violated("from " + Probe.name(from) + " to " + Probe.name(state) + " (I-4): " + call);
  }

  private void check() {
    observe();
    boolean dead = driver.failure() != null;
    if (dead && !deathSeen) {
      deathSeen = true;
      boolean expected = driver.failure() instanceof RingFailure && mayDie;
      require(expected, "the ring died", describe(driver.failure()));
      reach(Event.RING_DIED);
    }
    require(driver.counters().get(Counter.STRAY_COMPLETIONS) == 0, "completions for nobody", "the turn");
    if (dead) {
      for (int i = 0; i < calls.size(); i++) {
        Call call = calls.get(i);
        require(!call.submitted || call.isGone() || Probe.state(call.op) >= Probe.DETACHED,
            "in flight on a dead ring (I-11)", call);
      }
      return;
    }
    checkSleep();
    checkHeld();
    if (!ring.hasLost()) {
      checkConservation();
    }
    checkDescriptors();
    checkSlots();
    if (group != null && !ring.hasLost()) {
      checkBuffers();
    }
  }

  /** Who sleeps is about to be woken, or has nothing to do (I-11). */
  private void checkSleep() {
    if (driver.isAsleep() && wakesDue == 0) {
      require(driver.inbox.isEmpty(), "sleeps over what was handed in (I-11)", driver);
      require(!driver.turn.isUnfinished() || ring.isReadable(), "sleeps over what a turn has left (I-11)", driver);
    }
  }

  /** A buffer is the kernel's or its readers', and both only while the kernel goes on with it (I-3, K-51). */
  private void checkBuffers() {
    int[] readers = new int[group.count()];
    for (int i = 0; i < reading.size(); i++) {
      if (reading.get(i).group == group) {
        readers[reading.get(i).number]++;
      }
    }
    for (int i = 0; i < calls.size(); i++) {
      if (calls.get(i).stream != null) {
        calls.get(i).stream.picks.forEach(pick -> readers[pick.number]++);
      }
    }
    int provided = ring.provided();
    require(provided >= 0 && provided <= group.count(), "more buffers are provided than there are", provided);
    boolean[] kernels = new boolean[group.count()];
    for (int i = 0; i < provided && violation == null; i++) {
      int number = ring.provided(i);
      require(!kernels[number], "a buffer is provided twice", number);
      kernels[number] = true;
      require(readers[number] == 0 || i == 0 && ring.isBegun(), "the kernel may write to what has readers (I-3)", number);
    }
    for (int i = 0; i < kernels.length; i++) {
      require(kernels[i] || readers[i] > 0, "a buffer is nobody's", i);
    }
  }

  /** A slot of the table is spoken for from before it is filled until its CLOSE's completion is seen (K-66). */
  private void checkSlots() {
    int taken = 0;
    for (int i = 0; i < sockets.size(); i++) {
      Descriptor descriptor = sockets.get(i).descriptor;
      taken += descriptor.isDirect() && !descriptor.isClosed() ? 1 : 0;
    }
    for (int i = 0; i < calls.size(); i++) {
      for (Socket expecting : calls.get(i).expecting) {
        // A part of a chain may have made one that is closed before the chain has ended.
        boolean coming = !expecting.descriptor.isClosed() && !sockets.contains(expecting);
        taken += expecting.descriptor.isDirect() && coming ? 1 : 0;
      }
    }
    int spokenFor = driver.table().directSlots().taken();
    if (spokenFor != taken) {
      violated(spokenFor + " slots spoken for, by direct descriptors that are not closed " + taken);
    }
    int filled = 0;
    for (int i = 0; i < ring.directDescriptors(); i++) {
      filled += ring.inSlot(i) != null && !ring.inSlot(i).unclaimed ? 1 : 0;
    }
    require(filled <= taken, "more slots are filled than spoken for", filled);
  }

  private static String describe(Throwable failure) {
    return failure + " at " + Arrays.asList(failure.getStackTrace()).subList(0, Math.min(6, failure.getStackTrace().length));
  }

  /** Nothing that the kernel holds is anybody else's (I-3). */
  private void checkHeld() {
    ring.forEachHeld(request -> {
      if (request.isOfTheRing()) {
        return;
      }
      Call call = callOf(request);
      if (call != null) {
        int state = Probe.state(call.op);
        require(state != Probe.FREE && state != Probe.NEW && state != Probe.TERMINAL,
            "the kernel holds what is " + Probe.name(state) + " (I-3)", request);
      }
    });
    Buffer probed = POOL.acquire(BYTES);
    ring.forEachHeld(request -> {
      Call call = request.isOfTheRing() ? null : bySlot[UserData.slot(request.userData)];
      require(call == null || call.buffer != probed || UserData.part(request.userData) != UserData.MAIN,
          "the kernel holds a buffer that was given back (I-3)", request);
    });
    POOL.release(probed);
  }

  /** What was submitted has been completed, or is in the kernel or a queue: in all, and of each operation (I-4). */
  private void checkConservation() {
    Arrays.fill(outstanding, 0);
    outstandingSum = 0;
    ring.forEachOutstanding(userData -> {
      if (UserData.slot(userData) < capacity) {
        outstanding[UserData.slot(userData)]++;
        outstandingSum++;
      }
    });
    long submitted = driver.counters().get(Counter.SUBMITTED);
    long completed = driver.counters().get(Counter.COMPLETED);
    if (submitted - completed != outstandingSum) {
      violated(submitted + " submitted, " + completed + " completed, in the kernel and its queues " + outstandingSum
          + " (I-4)");
    }
    for (int i = 0; i < calls.size(); i++) {
      Call call = calls.get(i);
      if (!call.isGone() && Probe.pending(call.op) != outstanding[call.op.slot()]) {
        violated(outstanding[call.op.slot()] + " outstanding, " + Probe.pending(call.op) + " pending (I-4): " + call);
      }
    }
  }

  private void checkDescriptors() {
    for (int i = 0; i < sockets.size(); i++) {
      Socket socket = sockets.get(i);
      int counted = 0;
      for (int j = 0; j < calls.size(); j++) {
        Call call = calls.get(j);
        if (!call.isGone() && Probe.counts(call.op, socket.descriptor)) {
          counted++;
        }
      }
      if (socket.descriptor.inFlight() != counted) {
        violated(socket.descriptor.inFlight() + " in flight, counted " + counted + " (I-4): " + socket.closing);
      }
      if (socket.descriptor.isClosed() && !socket.closedSeen) {
        socket.closedSeen = true;
        require(socket.closeTaken, "closed without a close", socket.closing);
      }
    }
  }

  // ---- the end

  private void comeToRest() {
    resting = true;
    trace("come to rest");
    if (box != null) {
      takeMessages();
    }
    wakeLate();
    driver.refuse();
    odds.drops = 0;
    odds.loses = 0;
    for (int round = 0; violation == null && !isAtRest(); round++) {
      if (round == ROUNDS_TO_REST_MAX) {
        violated("does not come to rest: calls " + calls + ", sockets open " + sockets.size() + ", slots in use "
            + driver.table().slotsInUse());
      }
      submitLate();
      collect(true);
      giveBack();
      driver.endAll();
      calls.forEach(call -> call.asked |= 4);
      turn();
      ring.step();
      ring.settle();
      ring.advance(5_000_000L);
      check();
    }
    if (violation == null) {
      checkEnd();
    }
  }

  private boolean isAtRest() {
    return calls.isEmpty() && sockets.isEmpty() && reading.isEmpty() && (driver.failure() != null || driver.table().isEmpty());
  }

  private void checkEnd() {
    boolean dead = driver.failure() != null;
    if (!dead) {
      require(driver.counters().get(Counter.OPERATIONS_ENDED) == ended, "ended "
          + driver.counters().get(Counter.OPERATIONS_ENDED) + ", seen to end", ended);
      require(driver.counters().get(Counter.CLOSES) == closes, "closed "
          + driver.counters().get(Counter.CLOSES) + ", seen to be closed", closes);
      require(ring.openFiles() == 0, "descriptors without an owner (I-9)", ring.openFiles());
      require(group == null || ring.provided() == group.count() && group.provided() == group.count(),
          "buffers did not come back (I-12)", group);
      require(unclaimed() == leftInTable, "slots without an owner (I-9)", unclaimed());
      require(driver.table().directSlots().taken() == 0, "slots that are nobody's are spoken for", driver);
      for (int i = 0; i < ring.directDescriptors(); i++) {
        require(ring.inSlot(i) == null || ring.inSlot(i).unclaimed, "a slot is filled and closed", ring.inSlot(i));
      }
    }
    if (!dead || seed % 64 == 0) {
      driver.tearDown();
      require(ring.isClosed(), "torn down, and not closed (I-12)", driver);
      require(dead || ring.isUnmapped(), "torn down, empty, and not unmapped (I-12)", driver);
    }
    reach(Event.ALL_GIVEN_BACK);
  }
}
