package io.loomring.api;

import io.loomring.buffer.BufferGroup;
import io.loomring.error.RingDeadException;
import io.loomring.op.OperationTable;
import io.loomring.op.Outcome;
import io.loomring.ring.RegisterOps;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Buffers that the kernel picks from when something comes, for any number of streams of {@link Multishot}: a connection
 * that waits holds none. Made by {@link Multishot#buffers}. Where the kernel can (6.12), a buffer takes what several
 * completions bring until it is full, so that short messages do not use up one each.
 *
 * <p>Each ring of the {@link Uring} gets as many, when a stream first uses them there. Where all are out, streams wait
 * until one is given back; nothing is lost meanwhile.
 *
 * @since 0.1
 */
public final class ProvidedBuffers implements AutoCloseable {
  private static final int REGISTRATION_BYTES = 40;
  private static final int ENTRIES = 8;
  private static final int ID = 12;
  private static final int FLAGS = 14;
  private static final int MAX_GROUPS = 1 << 16;

  // Under its lock: numbers of groups, the same ones for every ring.
  private static final BitSet IDS = new BitSet();

  private final int count;
  private final int bufferBytes;
  private final int id;

  // Under the lock of this.
  private final Map<OperationTable, BufferGroup> groups = new HashMap<>();
  private int users;
  private boolean closed;

  ProvidedBuffers(int count, int bufferBytes) {
    this.count = count;
    this.bufferBytes = bufferBytes;
    // Refuses what cannot be.
    BufferGroup.check(count, bufferBytes);
    this.id = takeId();
  }

  /** Takes a group's number, which no other group of the process has. */
  static int takeId() {
    synchronized (IDS) {
      int id = IDS.nextClearBit(0);
      if (id == MAX_GROUPS) {
        throw new IllegalStateException("65536 groups of buffers are open: close those that are not used");
      }
      IDS.set(id);
      return id;
    }
  }

  static void giveIdBack(int id) {
    synchronized (IDS) {
      IDS.clear(id);
    }
  }

  /** How many buffers each ring gets. */
  public int count() {
    return count;
  }

  /** The size of each, in bytes. */
  public int bufferBytes() {
    return bufferBytes;
  }

  /** Buffers that the kernel can pick from just now, in all rings that streams have used. */
  public synchronized int available() {
    return groups.values().stream().mapToInt(BufferGroup::provided).sum();
  }

  /** The buffers in one ring, for a stream that leaves again with {@link #leave}. */
  synchronized BufferGroup enter(OperationTable table) throws IOException {
    if (closed) {
      throw new IllegalStateException("the buffers are closed");
    }
    BufferGroup group = groups.get(table);
    if (group == null) {
      group = new BufferGroup(id, count, bufferBytes);
      int result = register(table, group, RegisterOps.PBUF_RING_INC);
      if (result == -Errno.EINVAL) {
        // An older kernel: a completion uses a buffer up (K-28, a flag is found out by trying it).
        result = register(table, group, 0);
      }
      if (result == Outcome.RING_DEAD) {
        throw new RingDeadException(table.closedCause());
      }
      if (result < 0) {
        throw new IOException("the kernel refuses a ring of buffers: " + Errno.name(-result));
      }
      groups.put(table, group);
    }
    users++;
    return group;
  }

  synchronized void leave() {
    users--;
  }

  private int register(OperationTable table, BufferGroup group, int flags) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment registration = arena.allocate(REGISTRATION_BYTES, 8);
      registration.set(ValueLayout.JAVA_LONG, 0, group.address());
      registration.set(ValueLayout.JAVA_INT, ENTRIES, count);
      registration.set(ValueLayout.JAVA_SHORT, ID, (short) id);
      registration.set(ValueLayout.JAVA_SHORT, FLAGS, (short) flags);
      return table.register(RegisterOps.REGISTER_PBUF_RING, registration.address(), 1);
    }
  }

  private int unregister(OperationTable table) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment registration = arena.allocate(REGISTRATION_BYTES, 8);
      registration.set(ValueLayout.JAVA_SHORT, ID, (short) id);
      return table.register(RegisterOps.UNREGISTER_PBUF_RING, registration.address(), 1);
    }
  }

  /**
   * Takes the buffers from the kernel. What was received and not given back can be read all the same. The second close
   * does nothing.
   *
   * @throws IllegalStateException if a stream uses them
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    if (users > 0) {
      throw new IllegalStateException(users + " streams use the buffers: close those first");
    }
    closed = true;
    boolean all = true;
    for (Map.Entry<OperationTable, BufferGroup> entry : groups.entrySet()) {
      int result = unregister(entry.getKey());
      // A ring that is gone has no use for them: its streams have ended, or given the memory up (I-12).
      if (result < 0 && result != Outcome.RING_DEAD) {
        entry.getValue().abandon();
        all = false;
      }
    }
    groups.clear();
    if (all) {
      giveIdBack(id);
    }
  }
}
