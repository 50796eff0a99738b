package io.loomring.fd;

import io.loomring.op.DescriptorReceiver;
import io.loomring.op.Operation;
import io.loomring.op.OperationTable;
import io.loomring.op.SlotLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** The owners of both ends of a pipe that is going to be made, before anybody waits: both come, or neither (I-9). */
public final class ExpectedPipe implements DescriptorReceiver {
  private final Expected source;
  private final Expected sink;
  // Written before the operation is submitted.
  private @Nullable Operation making;

  private ExpectedPipe(Expected source, Expected sink) {
    this.source = source;
    this.sink = sink;
  }

  /**
   * Makes them, of either kind; direct ones take a slot each of the ring's table.
   *
   * @param sourceClosing an acquired slot of the operation table, kept for the closing of the end to read from
   * @param sinkClosing the same for the other end
   * @return null where the ring's table has not two slots left: then nothing is kept, and both operations are given
   *     back
   */
  public static @Nullable ExpectedPipe of(
      OperationTable table, Operation sourceClosing, Operation sinkClosing, boolean direct) {
    Expected source = expecting(table, sourceClosing, direct);
    Expected sink = source == null ? null : expecting(table, sinkClosing, direct);
    if (source != null && sink != null) {
      return new ExpectedPipe(source, sink);
    }
    if (source == null) {
      sourceClosing.release();
    } else {
      source.discard();
    }
    sinkClosing.release();
    return null;
  }

  private static @Nullable Expected expecting(OperationTable table, Operation closing, boolean direct) {
    return direct
        ? DirectDescriptor.expecting(table, closing, false)
        : RegularDescriptor.expecting(table, closing);
  }

  /** Names the operation that makes the pipe: both numbers come in its slot, from {@link SlotLayout#DATA} on. */
  public void madeBy(Operation operation) {
    making = operation;
  }

  @Override
  public void receive(int result) {
    Operation made = making;
    assert made != null;
    receive(made.memory(), made.base() + SlotLayout.DATA);
  }

  /** Takes both over: the end to read from, and behind it the other. */
  public void receive(MemorySegment fds, long at) {
    source.receive(fds.get(ValueLayout.JAVA_INT, at));
    sink.receive(fds.get(ValueLayout.JAVA_INT, at + Integer.BYTES));
  }

  /** What is read from. */
  public Descriptor source() {
    return source.descriptor();
  }

  /** What is written to. */
  public Descriptor sink() {
    return sink.descriptor();
  }

  /** Lets both go, for a caller that fails: a pipe that has come all the same is closed. */
  public void discard() {
    source.discard();
    sink.discard();
  }
}
