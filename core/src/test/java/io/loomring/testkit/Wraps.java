package io.loomring.testkit;

import io.loomring.api.RequestTable;
import io.loomring.buffer.BufferGroup;
import io.loomring.buffer.IndexStack;
import io.loomring.op.Operation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Has counters begin where otherwise they come only after hours: close to where they start again from nothing. */
public final class Wraps {
  private static final int STATE_BITS = 8;
  private static final int INDEX_BITS = 24;
  private static final VarHandle GENERATION_AND_STATE = field(Operation.class, "word", long.class);
  private static final VarHandle REQUESTS = field(RequestTable.class, "words", long[].class);
  private static final int TAIL_AT = 14;
  private static final VarHandle ENTRIES = field(BufferGroup.class, "entries", MemorySegment.class);
  private static final VarHandle TAIL = field(BufferGroup.class, "tail", short.class);
  private static final VarHandle CHANGES_AND_TOP = field(IndexStack.class, "head", long.class);

  private Wraps() {}

  private static VarHandle field(Class<?> of, String name, Class<?> type) {
    try {
      return MethodHandles.privateLookupIn(of, MethodHandles.lookup()).findVarHandle(of, name, type);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Gives a slot another generation, for who has just acquired it. */
  public static void generation(Operation op, int generation) {
    long word = (long) GENERATION_AND_STATE.get(op);
    GENERATION_AND_STATE.setVolatile(
        op, (generation & 0xFFFF_FFFFL) << STATE_BITS | word & (1L << STATE_BITS) - 1);
  }

  /** The same of all slots of a table of requests that has none. */
  public static void generations(RequestTable<?, ?> table, long generation) {
    long[] words = (long[]) REQUESTS.get(table);
    for (int i = 0; i < words.length; i++) {
      words[i] = generation << STATE_BITS | words[i] & (1L << STATE_BITS) - 1;
    }
  }

  /**
   * Has a new group go on as if so many buffers had been provided before those that are.
   *
   * @param before a multiple of how many there are
   */
  public static void provided(BufferGroup group, int before) {
    if (before % group.count() != 0) {
      throw new IllegalArgumentException("the entries would be others");
    }
    short tail = (short) (before + group.count());
    TAIL.set(group, tail);
    ((MemorySegment) ENTRIES.get(group)).set(ValueLayout.JAVA_SHORT, TAIL_AT, tail);
  }

  /** Has a stack that nobody uses go on as if it had been changed so often, of 2^40 times that are told apart. */
  public static void changes(IndexStack stack, long changes) {
    long head = (long) CHANGES_AND_TOP.get(stack);
    CHANGES_AND_TOP.setVolatile(stack, changes << INDEX_BITS | head & (1L << INDEX_BITS) - 1);
  }
}
