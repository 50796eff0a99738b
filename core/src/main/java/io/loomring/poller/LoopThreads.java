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

  private static final Found FOUND =
      find("java.lang.ThreadBuilders$VirtualThreadBuilder", "java.lang.VirtualThread", "scheduler");
  // Constants of their own, which the compiler folds.
  private static final @Nullable MethodHandle NEW_BUILDER = FOUND.newBuilder;
  private static final @Nullable MethodHandle SCHEDULER_OF = FOUND.schedulerOf;

  private LoopThreads() {}

  /** The ways in, or why there are none. */
  record Found(@Nullable MethodHandle newBuilder, @Nullable MethodHandle schedulerOf, @Nullable String whyNot) {}

  /** Looks for the ways in by name, and tries them, so that a JDK which has changed is noticed here. */
  static Found find(String builder, String virtualThread, String schedulerField) {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      Constructor<?> constructor = Class.forName(builder).getDeclaredConstructor(Executor.class);
      constructor.setAccessible(true);
      MethodHandle newBuilder = lookup.unreflectConstructor(constructor);
      Field scheduler = Class.forName(virtualThread).getDeclaredField(schedulerField);
      scheduler.setAccessible(true);
      MethodHandle schedulerOf = lookup.unreflectGetter(scheduler);
      Executor tried = Runnable::run;
      Object thread = ((Thread.Builder.OfVirtual) newBuilder.invoke(tried)).unstarted(() -> { });
      return (Object) schedulerOf.invoke(thread) == tried
          ? new Found(newBuilder, schedulerOf, null)
          : new Found(null, null, changed("their scheduler is not the one they were given"));
    } catch (InaccessibleObjectException closed) {
      return new Found(null, null, "virtual threads on a loop need the package java.lang opened: " + OPEN_IT);
    } catch (Throwable changed) {
      return new Found(null, null, changed(changed.toString()));
    }
  }

  private static String changed(String how) {
    return "this JVM (" + Runtime.version() + ") has other virtual threads than are known here: " + how;
  }

  /** Why there are none, or null where there are. */
  static @Nullable String whyNot() {
    return FOUND.whyNot;
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
