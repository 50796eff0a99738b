package io.loomring.api;

import io.loomring.fd.Descriptor;
import io.loomring.fd.DirectDescriptor;
import io.loomring.fd.Expected;
import io.loomring.fd.RegularDescriptor;
import io.loomring.fd.SocketAddresses;
import io.loomring.op.Deadline;
import io.loomring.op.DescriptorReceiver;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.op.SlotSet;
import io.loomring.ring.Sqe;
import io.loomring.sys.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The way of every operation off the data path, in one place: what it acts on and what it is lent is said first, then it
 * is issued with an {@link Encoder}, and waited for. It allocates; what moves data goes through {@link RawOperations},
 * which does not. Each serves one call, of one thread.
 *
 * <p>Descriptors of an operation that a worker of the kernel begins, and second descriptors of any, are held until the
 * waiter is back: their number does not become another's meanwhile (K-14).
 */
final class Request {
  /** Writes the staged entry. It must not block. What it throws ends the call, with nothing submitted. */
  @FunctionalInterface
  interface Encoder {
    /**
     * Writes one entry.
     *
     * @param sqe where to
     * @param at the offset in it
     * @param op the operation, for addresses in its slot
     */
    void encode(MemorySegment sqe, long at, Operation op);
  }

  /** Takes what the kernel left in the operation's slot, before the slot is another's. */
  @FunctionalInterface
  interface Reader {
    /** Reads, where the operation has a result of zero or above. */
    void read(Operation op, int result);
  }

  private static final Reader NOTHING = (op, result) -> { };

  private final Uring uring;
  private final OperationKind kind;
  private @Nullable OperationTable table;
  private @Nullable Descriptor on;
  private @Nullable Descriptor with;
  private @Nullable Object lent;
  private @Nullable DescriptorReceiver receiver;
  private boolean intoTable;
  private boolean makesSocket;
  private @Nullable OperationHandle handle;
  private @Nullable SlotSet slots;
  private long deadline = Deadline.NONE;
  private boolean interruptible;
  private Reader reader = NOTHING;

  Request(Uring uring, OperationKind kind) {
    this.uring = uring;
    this.kind = kind;
  }

  /** The ring that the operation goes to, for one that acts on another operation of it. */
  Request in(OperationTable ring) {
    table = ring;
    return this;
  }

  /** The descriptor that the operation is one of, whose ring it goes to; null for none. */
  Request on(@Nullable Descriptor descriptor) {
    on = descriptor;
    return this;
  }

  /**
   * A second descriptor, whose close ends the operation as the first one's does.
   *
   * @throws IllegalArgumentException if the two belong to different Urings
   */
  Request with(@Nullable Descriptor second) {
    with = second;
    return this;
  }

  /** What is to stay reachable until the last completion (I-3). */
  Request lending(@Nullable Object resource) {
    lent = resource;
    return this;
  }

  /** Who owns the descriptor that is the result, in the turn that it comes in (I-9). */
  Request deliveringTo(DescriptorReceiver owner) {
    receiver = owner;
    return this;
  }

  /** Has the descriptor that it makes be a direct one, of the ring that the operation is in: a socket or not. */
  Request intoTable(boolean socket) {
    intoTable = true;
    makesSocket = socket;
    return this;
  }

  /** What is to be read from the slot once there is a result. */
  Request reading(Reader after) {
    reader = after;
    return this;
  }

  /** When it ends, who cancels it, and whether an interrupt of a virtual thread does. */
  Request until(long newDeadline, boolean endsByInterrupt, @Nullable OperationHandle cancelHandle) {
    deadline = newDeadline;
    interruptible = endsByInterrupt;
    handle = cancelHandle;
    return this;
  }

  /** The same as the options of a call have it, for a call that begins now; interrupts end it. */
  Request until(CallOptions options) {
    return until(options.deadlineFromNow(), options.isInterruptible(), options.handle());
  }

  /**
   * Issues the operation and waits for its last completion.
   *
   * @return the result, {@code -errno}, or an {@link Outcome}
   * @throws UnsupportedOperationException if the kernel does not have the opcode, naming the one that has
   */
  int issue(Encoder encoder) {
    uring.support().require(kind.opcode());
    Descriptor first = kind.isWorkers() ? on : null;
    if (first != null && !first.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      return issueWithSecond(encoder);
    } finally {
      if (first != null) {
        first.endCall();
      }
    }
  }

  private int issueWithSecond(Encoder encoder) {
    Descriptor second = with;
    if (second == null) {
      return issueHeld(encoder);
    }
    if (!second.table().isSibling(table())) {
      throw new IllegalArgumentException("the two descriptors belong to different Urings");
    }
    if (second.isDirect() && second.table() != table()) {
      throw new IllegalArgumentException(second + " and " + on + " belong to different rings, and a direct descriptor is"
          + " known to its own alone: make a regular one of it (Uring.direct().fixedFdInstall)");
    }
    if (!second.beginCall()) {
      return Outcome.CLOSED;
    }
    try {
      return issueHeld(encoder);
    } finally {
      second.endCall();
    }
  }

  private int issueHeld(Encoder encoder) {
    OperationTable home = table();
    Operation op = slots == null ? home.acquire(on, deadline) : slots.takeLast();
    if (op == null) {
      return refused(home.refusal(on, deadline));
    }
    boolean begun = false;
    try {
      encoder.encode(op.memory(), op.base(), op);
      if (intoTable && kind != OperationKind.FILES_UPDATE) {
        Sqe.intoTable(op.memory(), op.base());
      }
      if (handle != null && !op.bind(handle)) {
        return Outcome.CANCELLED;
      }
      // Last, so that nothing is left to be undone on the descriptor.
      if (on != null && !on.beginOperation()) {
        op.unbind(Outcome.CLOSED);
        return Outcome.CLOSED;
      }
      begun = true;
    } finally {
      if (!begun) {
        op.release();
      }
    }
    return finish(op);
  }

  private int finish(Operation op) {
    op.describe(kind, on, lent);
    op.alsoOn(with);
    if (receiver != null) {
      op.deliverDescriptorTo(receiver);
    }
    op.submit(deadline, true);
    int result = op.await(interruptible);
    if (kind == OperationKind.CONNECT && result >= 0 && on != null) {
      on.connected();
    }
    try {
      if (result >= 0) {
        reader.read(op, result);
      }
    } finally {
      // A dead ring keeps its slots: the kernel may still write to what they point at (I-3, I-12).
      if (result != Outcome.RING_DEAD) {
        op.release();
      }
    }
    return result;
  }

  /**
   * Takes slots for as long as the request has: the last one is for its operation, the others are its caller's. Who takes
   * them gives back what is left of them.
   *
   * @return 0, or the {@link Outcome} for which they were refused
   */
  int take(SlotSet all) {
    int reason = all.acquire(on, deadline);
    slots = all;
    return reason == 0 ? 0 : refused(reason);
  }

  /**
   * Issues an operation whose result is a descriptor. It has an owner in the turn in which it comes, also where the
   * operation was cancelled too late (I-9, K-17): where the result is zero or above it is in {@code made.descriptor()}.
   */
  int make(RawOperations.Accepted made, Encoder encoder) {
    Objects.requireNonNull(made);
    uring.support().require(kind.opcode());
    // A direct one is its ring's; any other may live in another than the one that makes it.
    OperationTable home = intoTable ? table() : uring.nextTable();
    if (on == null) {
      table = home;
    }
    SlotSet both = new SlotSet(List.of(home, table()));
    int refused = take(both);
    if (refused != 0) {
      return refused;
    }
    try {
      return make(made, home, both.take(0), encoder);
    } finally {
      both.release();
    }
  }

  private int make(RawOperations.Accepted made, OperationTable home, Operation closing, Encoder encoder) {
    Expected owner = null;
    try {
      owner = expecting(home, closing);
    } finally {
      if (owner == null) {
        closing.release();
      }
    }
    if (owner == null) {
      return Outcome.NO_SLOT;
    }
    int result = Outcome.CLOSED;
    try {
      result = kind == OperationKind.FILES_UPDATE ? update(owner, encoder) : deliveringTo(owner).issue(encoder);
    } finally {
      if (result < 0) {
        owner.discard();
      }
    }
    if (result >= 0) {
      Descriptor descriptor = owner.descriptor();
      if (kind == OperationKind.ACCEPT) {
        descriptor.connected();
      }
      made.set(descriptor);
    }
    return intoTable && result == -Errno.ENFILE ? Outcome.NO_SLOT : result;
  }

  /** The slot comes in memory, where the number was; the result is how many have come. */
  private int update(Expected owner, Encoder encoder) {
    Operation[] updating = new Operation[1];
    return deliveringTo(count -> owner.receive(
            updating[0].memory().get(ValueLayout.JAVA_INT, updating[0].base() + SlotLayout.DATA)))
        .issue((sqe, at, op) -> {
          updating[0] = op;
          encoder.encode(sqe, at, op);
        });
  }

  private @Nullable Expected expecting(OperationTable home, Operation closing) {
    return intoTable
        ? DirectDescriptor.expecting(home, closing, makesSocket)
        : RegularDescriptor.expecting(home, closing);
  }

  /** The same with the address of the peer, which the encoder has the kernel put into the slot. */
  int accept(RawOperations.Accepted accepted, Encoder encoder) {
    reader = (op, result) -> accepted.setRemote(
        SocketAddresses.decodeInet(op.memory(), op.base() + SlotLayout.ADDRESS));
    return make(accepted, encoder);
  }

  private OperationTable table() {
    OperationTable mine = table;
    if (mine == null) {
      mine = on == null ? uring.nextTable() : on.table();
      table = mine;
    }
    return mine;
  }

  private int refused(int reason) {
    assert reason != 0;
    return handle != null && handle.isCancelled() ? Outcome.CANCELLED : reason;
  }
}
