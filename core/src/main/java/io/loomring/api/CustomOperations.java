package io.loomring.api;

import io.loomring.error.RingDeadException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.DirectDescriptor;
import io.loomring.fd.Expected;
import io.loomring.fd.RegularDescriptor;
import io.loomring.op.DescriptorReceiver;
import io.loomring.op.Operation;
import io.loomring.op.OperationHandle;
import io.loomring.op.OperationKind;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.op.Parts;
import io.loomring.op.SlotLayout;
import io.loomring.op.SlotSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Submits operations of the user's own, from {@link Uring#custom}.
 *
 * <pre>{@code
 * int bytes = uring.custom().call(new WriteDurably(journal, "an entry"), CallOptions.NONE);
 * }</pre>
 *
 * @since 0.1
 */
public final class CustomOperations {
  private final Uring uring;

  CustomOperations(Uring uring) {
    this.uring = uring;
  }

  /**
   * Submits an operation, waits for it, and answers what it makes of its results.
   *
   * @throws IllegalStateException if the operation was submitted before
   * @throws IllegalArgumentException for entries that are refused: see {@link SqeChain}
   * @throws IOException as the operation says, or as every call of {@link Uring}
   */
  public <T> T call(CustomOperation<T> operation, CallOptions options) throws IOException {
    try (Submission<T> submission = submit(operation, options)) {
      return submission.join();
    }
  }

  /**
   * Submits an operation without waiting for it, but for a free slot where there is none. A timeout of the options runs
   * from now on.
   *
   * @throws IllegalStateException if the operation was submitted before; or by a poller's own thread, which would wait
   *     for itself
   * @throws IllegalArgumentException for entries that are refused: see {@link SqeChain}
   * @throws IOException if a descriptor of it is closed, the options' handle was cancelled before, or the ring is dead
   */
  public <T> Submission<T> submit(CustomOperation<T> operation, CallOptions options) throws IOException {
    operation.use();
    long deadline = options.deadlineFromNow();
    SqeChain chain = new SqeChain(uring, operation.toString());
    Submission<T> submission = null;
    try {
      operation.encode(chain);
      chain.seal();
      submission = submit(operation, chain, deadline, options.handle());
      return submission;
    } finally {
      if (submission == null) {
        chain.giveBack();
      }
    }
  }

  private <T> Submission<T> submit(
      CustomOperation<T> operation, SqeChain chain, long deadline, @Nullable OperationHandle given)
      throws IOException {
    List<Descriptor> held = new ArrayList<>();
    @Nullable Expected[] made = new Expected[chain.count()];
    Descriptor home = home(chain.descriptors());
    OperationTable table = home == null ? uring.nextTable() : home.table();
    List<OperationTable> tables = tables(chain, table);
    SlotSet slots = new SlotSet(tables);
    boolean submitted = false;
    chain.takeSlots();
    try {
      for (Descriptor descriptor : chain.descriptors()) {
        // Those behind the first are looked up when it is their turn: their number must still be theirs (K-14).
        if (!descriptor.beginCall()) {
          throw uring.failure(operation.toString(), Outcome.CLOSED);
        }
        held.add(descriptor);
      }
      OperationHandle handle = given == null ? new OperationHandle() : given;
      take(slots, operation, home, table, deadline, handle);
      expect(operation, chain, tables, slots, made);
      @Nullable DescriptorReceiver[] receivers = made.clone();
      Parts parts = new Parts(chain.count(), chain.timedEntry(), held, receivers);
      Operation op = slots.takeLast();
      begin(op, operation, chain, home, handle);
      submitted = true;
      op.chain(parts);
      Submission<T> submission = new Submission<>(uring, operation, chain, op, parts, handle, made);
      op.submit(deadline, false);
      return submission;
    } finally {
      slots.release();
      if (!submitted) {
        chain.giveSlotsBack();
        held.forEach(Descriptor::endCall);
        for (Expected expected : made) {
          if (expected != null) {
            expected.discard();
          }
        }
      }
    }
  }

  /**
   * The descriptor that the chain is an operation of, whose ring it goes to: a direct one where there is any, since no
   * other ring knows it; null where there is none.
   */
  private static @Nullable Descriptor home(List<Descriptor> all) {
    if (all.isEmpty()) {
      return null;
    }
    Descriptor home = all.stream().filter(Descriptor::isDirect).findFirst().orElse(all.getFirst());
    for (Descriptor descriptor : all) {
      if (!descriptor.table().isSibling(home.table())) {
        throw new IllegalArgumentException("the descriptors of a chain belong to different Urings");
      }
      if (descriptor.isDirect() && descriptor.table() != home.table()) {
        throw new IllegalArgumentException(home + " and " + descriptor + " belong to different rings, and a direct"
            + " descriptor is known to its own alone: make a regular one of it (Uring.direct().fixedFdInstall)");
      }
    }
    return home;
  }

  /** One for the close of each descriptor that the chain makes, and last its own. */
  private List<OperationTable> tables(SqeChain chain, OperationTable own) {
    List<OperationTable> tables = new ArrayList<>();
    for (int i = 0; i < chain.count(); i++) {
      if (chain.makesDescriptor(i)) {
        tables.add(chain.makesDirect(i) ? own : uring.nextTable());
      }
    }
    tables.add(own);
    return tables;
  }

  private void take(
      SlotSet slots,
      CustomOperation<?> operation,
      @Nullable Descriptor first,
      OperationTable table,
      long deadline,
      OperationHandle handle)
      throws IOException {
    int refused = slots.acquire(first, deadline);
    if (refused != 0) {
      int refusal = handle.isCancelled() ? Outcome.CANCELLED : refused;
      throw refusal == Outcome.RING_DEAD && table.closedCause() != null
          ? new RingDeadException(table.closedCause())
          : uring.failure(operation.toString(), refusal);
    }
  }

  /** Makes the owners of the descriptors that entries are going to make (I-9). */
  private void expect(
      CustomOperation<?> operation,
      SqeChain chain,
      List<OperationTable> tables,
      SlotSet slots,
      @Nullable Expected[] made)
      throws IOException {
    int next = 0;
    for (int i = 0; i < made.length; i++) {
      if (chain.makesDescriptor(i)) {
        OperationTable home = tables.get(next);
        Operation closing = slots.take(next++);
        made[i] = chain.makesDirect(i)
            ? DirectDescriptor.expecting(home, closing, chain.makesSocket(i))
            : RegularDescriptor.expecting(home, closing);
        if (made[i] == null) {
          closing.release();
          throw uring.failure(operation.toString(), Outcome.NO_SLOT);
        }
      }
    }
  }

  private void begin(
      Operation op,
      CustomOperation<?> operation,
      SqeChain chain,
      @Nullable Descriptor first,
      OperationHandle handle)
      throws IOException {
    boolean begun = false;
    try {
      chain.stage(op.memory(), op.base(), SlotLayout::part);
      op.describe(OperationKind.CUSTOM, first, chain.lent());
      if (!op.bind(handle)) {
        throw uring.failure(operation.toString(), Outcome.CANCELLED);
      }
      if (first != null && !first.beginOperation()) {
        op.unbind(Outcome.CLOSED);
        throw uring.failure(operation.toString(), Outcome.CLOSED);
      }
      begun = true;
    } finally {
      if (!begun) {
        op.release();
      }
    }
  }
}
