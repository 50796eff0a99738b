package io.loomring.poller;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Virtual threads on a scheduler of one's own. The JDK has them and does not publish them: their builder takes an
 * {@link Executor}, in a package that has to be opened. Where it is not, or is another than it is known to be, there
 * are none, and {@link #whyNot} says what to do.
 */
final class LoopThreads {
  private static final String OPEN_IT =
      "start the JVM with --add-opens=java.base/java.lang=ALL-UNNAMED";

  private static final @Nullable MethodHandle NEW_BUILDER;
  private static final @Nullable MethodHandle SCHEDULER_OF;
  private static final @Nullable String WHY_NOT;

  static {
    MethodHandle newBuilder = null;
    MethodHandle schedulerOf = null;
    String whyNot = null;
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      Constructor<?> constructor =
          Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder").getDeclaredConstructor(Executor.class);
      constructor.setAccessible(true);
      newBuilder = lookup.unreflectConstructor(constructor);
      Field scheduler = Class.forName("java.lang.VirtualThread").getDeclaredField("scheduler");
      scheduler.setAccessible(true);
      schedulerOf = lookup.unreflectGetter(scheduler);
    } catch (InaccessibleObjectException closed) {
      whyNot = "virtual threads on a loop need the package java.lang opened: " + OPEN_IT;
    } catch (ReflectiveOperationException changed) {
      whyNot = "this JDK (" + Runtime.version() + ") has other virtual threads than are known here: " + changed;
    }
    NEW_BUILDER = newBuilder;
    SCHEDULER_OF = schedulerOf;
    WHY_NOT = whyNot;
  }

  private LoopThreads() {}

  /** Why there are none, or null where there are. */
  static @Nullable String whyNot() {
    return WHY_NOT;
  }

  /** A builder of virtual threads that {@code scheduler} runs; only where {@link #whyNot} is null. */
  static Thread.Builder.OfVirtual builder(Executor scheduler) {
    MethodHandle newBuilder = NEW_BUILDER;
    assert newBuilder != null;
    try {
      return (Thread.Builder.OfVirtual) newBuilder.invoke(scheduler);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** The loop that runs the calling thread, or null if none does. */
  static @Nullable LoopPoller currentLoop() {
    MethodHandle schedulerOf = SCHEDULER_OF;
    Thread me = Thread.currentThread();
    if (schedulerOf == null || !me.isVirtual()) {
      return null;
    }
    try {
      return schedulerOf.invoke(me) instanceof LoopPoller loop ? loop : null;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }
}
