package io.loomring.api;

import io.loomring.op.Deadline;
import io.loomring.op.Operation;
import io.loomring.op.OperationTable;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import java.util.ArrayList;
import java.util.List;

/** Holds every slot that the rings of a Uring had left: what is open or in flight then has the others. */
public final class FullTable implements AutoCloseable {
  private final List<Operation> held = new ArrayList<>();
  private final List<Caller> more = new ArrayList<>();

  /** Takes them. */
  public FullTable(Uring uring) {
    Await.until(() -> "slots come and go: " + uring.stats() + ", " + held.size() + " held", () -> {
      uring.sum(this::takeAll);
      UringStats stats = uring.stats();
      return stats.slotsInUse() == held.size() + stats.openDescriptors() + stats.inFlight();
    });
  }

  private int takeAll(OperationTable table) {
    int before = held.size();
    for (Operation slot = table.tryAcquire(); slot != null; slot = table.tryAcquire()) {
      held.add(slot);
    }
    return held.size() - before;
  }

  /** Has another one take the next slot of a ring that is free. */
  public void takeOneMore(OperationTable table) {
    Caller caller = Caller.virtual(() -> table.acquire(null, Deadline.NONE));
    Await.until(
        "it has one, or waits for it",
        () -> caller.isDone() || caller.thread().getState() == Thread.State.TIMED_WAITING);
    more.add(caller);
  }

  /** Gives them back; a second time does nothing. */
  @Override
  public void close() {
    held.forEach(Operation::release);
    held.clear();
    more.forEach(caller -> ((Operation) caller.value()).release());
    more.clear();
  }
}
