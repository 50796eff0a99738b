package io.loomring.buffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An arena whose segments can be lent to the kernel without a copy, because it never frees them under it: closed while
 * something is lent, it waits for that, or {@linkplain #tryClose refuses}. Any thread may use it and its segments.
 *
 * <pre>{@code
 * try (UringArena arena = UringArena.open()) {
 *   MemorySegment page = arena.allocate(64 * 1024, 4096);
 *   int count = uring.lending().read(file, page, 0, CallOptions.NONE);
 *   use(page.asSlice(0, count));
 * }
 * }</pre>
 *
 * <pre>
 *  OPEN -> CLOSED             tryClose, or close, with nothing lent
 *  OPEN -> CLOSING            close: nothing new is lent or allocated
 *  CLOSING -> CLOSED          the last lend ends: whoever ends it, or waits for it, frees the memory
 * </pre>
 *
 * @since 0.1
 */
public final class UringArena implements Arena {
  /** How long {@link #close} waits unless told otherwise. */
  public static final Duration DEFAULT_CLOSE_TIMEOUT = Duration.ofSeconds(5);

  /** Whose memory a segment is; of arenas that are not closed. */
  private static final Map<MemorySegment.Scope, UringArena> ARENAS = new ConcurrentHashMap<>();

  private final Arena memory = Arena.ofShared();
  private final long closeTimeoutNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  // Under the lock.
  private int lends;
  private int abandoned;
  private boolean closing;
  private boolean closed;

  private UringArena(Duration closeTimeout) {
    if (closeTimeout.isNegative()) {
      throw new IllegalArgumentException("closeTimeout " + closeTimeout + " is negative");
    }
    this.closeTimeoutNanos = closeTimeout.toNanos();
    ARENAS.put(memory.scope(), this);
  }

  /** Makes one that waits {@link #DEFAULT_CLOSE_TIMEOUT} for what is lent when it is closed. */
  public static UringArena open() {
    return open(DEFAULT_CLOSE_TIMEOUT);
  }

  /**
   * Makes one.
   *
   * @param closeTimeout how long {@link #close} waits for what is lent; zero for not at all
   */
  public static UringArena open(Duration closeTimeout) {
    return new UringArena(closeTimeout);
  }

  /** The arena that a segment is of, or null if it is of none of these, or closed. */
  static @Nullable UringArena of(MemorySegment segment) {
    return ARENAS.get(segment.scope());
  }

  /**
   * Allocates memory, zeroed.
   *
   * @throws IllegalStateException if the arena is closed, or {@link #close} was called
   */
  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    lock.lock();
    try {
      requireOpen();
      return memory.allocate(byteSize, byteAlignment);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public MemorySegment.Scope scope() {
    return memory.scope();
  }

  /** How many lends of its memory are out. */
  public int lends() {
    lock.lock();
    try {
      return lends;
    } finally {
      lock.unlock();
    }
  }

  private void requireOpen() {
    if (closing || closed) {
      throw new IllegalStateException(closed ? "the arena is closed" : "the arena is being closed");
    }
  }

  void lent() {
    lock.lock();
    try {
      requireOpen();
      lends++;
    } finally {
      lock.unlock();
    }
  }

  void returned() {
    lock.lock();
    try {
      lends--;
      if (lends == 0 && closing && !closed) {
        try {
          free();
        } finally {
          ended.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  void abandoned() {
    lock.lock();
    try {
      abandoned++;
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // ---- the end

  /**
   * Frees the memory, unless some of it is lent.
   *
   * @return whether the arena is closed; if not, nothing has changed
   * @throws IllegalStateException if a call of foreign code, or of a channel of the JDK, uses a segment: nothing has
   *     changed
   */
  public boolean tryClose() {
    lock.lock();
    try {
      if (!closed && lends == 0) {
        free();
      }
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Frees the memory, and waits before that for what is lent, until the close timeout passes. From the call on nothing
   * new is lent or allocated. An interrupt does not end the wait. The second close does nothing.
   *
   * @throws IllegalStateException if something is still lent when the time is up: the memory is then freed when that
   *     ends; or if a ring died with it, when it is kept for ever; or as {@link #tryClose} says
   */
  @Override
  public void close() {
    boolean interrupted = false;
    lock.lock();
    try {
      long left = closeTimeoutNanos;
      closing = lends > 0;
      while (lends > abandoned && left > 0) {
        try {
          left = ended.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (!closed && lends == 0) {
        free();
      } else if (!closed) {
        throw new IllegalStateException(lends == abandoned
            ? "a ring died that memory of this arena was lent to: it stays, since the kernel may still use it"
            : lends + " lends of memory of this arena are out after " + Duration.ofNanos(closeTimeoutNanos)
                + ": it is freed when they end; cancel what has it, or close its descriptor");
      }
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void free() {
    // May refuse, because the JDK itself uses a segment; then all stays as it was.
    memory.close();
    closed = true;
    ARENAS.remove(memory.scope());
  }

  @Override
  public String toString() {
    lock.lock();
    try {
      return "UringArena[" + lends + " lends out" + (closed ? ", closed" : closing ? ", closing" : "") + "]";
    } finally {
      lock.unlock();
    }
  }
}
