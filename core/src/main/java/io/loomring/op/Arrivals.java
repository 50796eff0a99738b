package io.loomring.op;

import io.loomring.buffer.BufferGroup;
import io.loomring.ring.CqeFlags;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What an operation of many completions has brought and nobody has taken yet, in order: the baton's holder adds, one
 * consumer at a time takes. Nothing is ever dropped: where more than {@link #MAX_WAITING} wait, the operation is asked to
 * end, and what comes until it has is kept as well.
 *
 * <p>Each side writes its own and then reads the other's: either the baton's holder sees who waits, or that sees what
 * came.
 */
public final class Arrivals extends CompletionSink {
  /** From so many on the operation is paused; it goes on when all are taken. */
  public static final int MAX_WAITING = 256;

  private static final int SEGMENT_ITEMS = 64;

  /** A part of the queue; used again when it is empty, so that a steady stream allocates nothing. */
  private static final class Segment {
    final int[] results = new int[SEGMENT_ITEMS];
    final int[] flags = new int[SEGMENT_ITEMS];
    final int[] offsets = new int[SEGMENT_ITEMS];
    // Written before the count of what has arrived, read after it.
    @Nullable Segment next;
  }

  /** The buffers that the kernel picks from, whose use has to be followed in the order of completions. */
  private final @Nullable BufferGroup group;
  /** Whether all completions are alike, so that their number says everything. */
  private final boolean alike;
  private final AtomicReference<@Nullable Segment> spare = new AtomicReference<>();

  // The baton's holder's.
  private Segment last;
  private int lastIndex;

  // The consumer's.
  private Segment first;
  private int firstIndex;
  private int result;
  private int flags;
  private int offset;

  private volatile long arrived;
  private volatile long taken;
  private volatile int ended = Operation.NO_RESULT;
  private volatile @Nullable Thread waiter;

  /**
   * Makes an empty one.
   *
   * @param alike whether only the number of completions counts: then as many as you like may wait
   */
  public Arrivals(@Nullable BufferGroup group, boolean alike) {
    this.group = group;
    this.alike = alike;
    this.first = new Segment();
    this.last = first;
  }

  // ---- the baton's holder

  /** Adds a completion, and has whoever waits resumed. */
  @Override
  void add(int newResult, int newFlags, Resumptions resumed) {
    if (!alike) {
      store(newResult, newFlags);
    }
    arrived = arrived + 1;
    resume(resumed);
  }

  private void store(int newResult, int newFlags) {
    if (lastIndex == SEGMENT_ITEMS) {
      Segment fresh = spare.getAndSet(null);
      if (fresh == null) {
        fresh = new Segment();
      } else {
        fresh.next = null;
      }
      last.next = fresh;
      last = fresh;
      lastIndex = 0;
    }
    last.results[lastIndex] = newResult;
    last.flags[lastIndex] = newFlags;
    last.offsets[lastIndex] = group != null && (newFlags & CqeFlags.BUFFER) != 0
        ? group.arrived(newFlags >>> CqeFlags.BUFFER_SHIFT, newResult, (newFlags & CqeFlags.BUF_MORE) != 0)
        : 0;
    lastIndex++;
  }

  @Override
  boolean isFull() {
    return !alike && arrived - taken >= MAX_WAITING;
  }

  /** The operation has ended. */
  @Override
  void end(int outcome, Resumptions resumed) {
    ended = outcome;
    resume(resumed);
  }

  private void resume(Resumptions resumed) {
    Thread waits = waiter;
    if (waits != null) {
      resumed.add(waits);
    }
  }

  // ---- the consumer

  /** Forgets the end of the operation before, for the next one. */
  public void begin() {
    ended = Operation.NO_RESULT;
  }

  /** Whether the operation has ended; what it brought may still be here. */
  public boolean isEnded() {
    return ended != Operation.NO_RESULT;
  }

  /** How it ended: the last result, {@code -errno}, or an {@link Outcome}. */
  public int outcome() {
    return ended;
  }

  public boolean isEmpty() {
    return arrived == taken;
  }

  /** Takes the next one, for {@link #result} and the others; false where there is none just now. */
  public boolean take() {
    if (isEmpty()) {
      return false;
    }
    if (!alike) {
      load();
    }
    taken = taken + 1;
    return true;
  }

  private void load() {
    if (firstIndex == SEGMENT_ITEMS) {
      Segment empty = first;
      Segment next = empty.next;
      assert next != null;
      first = next;
      firstIndex = 0;
      spare.set(empty);
    }
    result = first.results[firstIndex];
    flags = first.flags[firstIndex];
    offset = first.offsets[firstIndex];
    firstIndex++;
  }

  /** The result of what was taken last. */
  public int result() {
    return result;
  }

  /** Its flags, of {@link CqeFlags}. */
  public int flags() {
    return flags;
  }

  /** Where in its buffer it begins. */
  public int offset() {
    return offset;
  }

  /** How many wait to be taken. */
  public int size() {
    return (int) (arrived - taken);
  }

  /** Says who is to be resumed; null for nobody. Set before the last look at what came. */
  public void waiter(@Nullable Thread thread) {
    waiter = thread;
  }

  /** Who waits. */
  public @Nullable Thread waiter() {
    return waiter;
  }
}
