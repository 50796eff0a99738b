package io.loomring.testkit;

import java.util.concurrent.Callable;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** A call that waits, on a thread of its own, and what became of it. */
public final class Caller {
  private final Thread thread;
  private volatile @Nullable Object value;
  private volatile @Nullable Throwable thrown;

  private Caller(ThreadFactory factory, Callable<?> call) {
    this.thread = factory.newThread(() -> {
      try {
        value = call.call();
      } catch (Throwable e) {
        thrown = e;
      }
    });
    thread.start();
  }

  /** Makes the call on a virtual thread, of either sort where there are two: see {@link TestDriver#virtual}. */
  public static Caller virtual(Callable<?> call) {
    return new Caller(body -> TestDriver.virtual("caller", body), call);
  }

  /** Makes the call on a platform thread. */
  public static Caller platform(Callable<?> call) {
    return new Caller(Thread.ofPlatform().daemon(true).name("caller").factory(), call);
  }

  /** Makes the call on a thread of {@code factory}. */
  public static Caller on(ThreadFactory factory, Callable<?> call) {
    return new Caller(factory, call);
  }

  public Thread thread() {
    return thread;
  }

  public boolean isDone() {
    return thread.getState() == Thread.State.TERMINATED;
  }

  /** Waits for its end and answers its value; fails if it threw. */
  public @Nullable Object value() {
    Await.untilEnded(thread);
    if (thrown != null) {
      throw new AssertionError("the call threw", thrown);
    }
    return value;
  }

  /** Waits for its end and answers what it threw, or null if it came back with a value. */
  public @Nullable Throwable thrown() {
    Await.untilEnded(thread);
    return thrown;
  }

  /** The same, of a class that it must have. */
  public <T extends Throwable> T thrown(Class<T> expected) {
    Throwable found = thrown();
    if (!expected.isInstance(found)) {
      throw new AssertionError("expected " + expected.getName() + ", but the call answered " + value, found);
    }
    return expected.cast(found);
  }
}
