package io.loomring.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct epoll_event}, which is packed on x86-64 and not elsewhere.
 *
 * <pre>
 *  x86-64:  0 events (4)  4 data (8)              12 bytes
 *  others:  0 events (4)  4 padding  8 data (8)   16 bytes
 * </pre>
 */
public final class EpollEventLayout {
  /** Room that is enough on every architecture. */
  public static final int BYTES_MAX = 16;

  private static final int BYTES = Platform.isX86() ? 12 : 16;
  private static final int DATA = BYTES - 8;

  private EpollEventLayout() {}

  public static void write(MemorySegment event, int events, long data) {
    event.set(ValueLayout.JAVA_INT, 0, events);
    event.set(ValueLayout.JAVA_LONG_UNALIGNED, DATA, data);
  }

  /** The id of the event at {@code index} of an array. */
  public static int id(MemorySegment events, int index) {
    return (int) data(events, index);
  }

  /** What was registered with the event at {@code index} of an array. */
  public static long data(MemorySegment events, int index) {
    return events.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) index * BYTES + DATA);
  }

  /** The events at {@code index} of an array. */
  public static int events(MemorySegment events, int index) {
    return events.get(ValueLayout.JAVA_INT_UNALIGNED, (long) index * BYTES);
  }
}
