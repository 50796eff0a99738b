package io.loomring.testkit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Runs code below a native frame, which pins a virtual thread to its carrier. */
public final class NativeFrame {
  private static final FunctionDescriptor COMPARATOR = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle QSORT = Linker.nativeLinker()
      .downcallHandle(
          Linker.nativeLinker().defaultLookup().findOrThrow("qsort"),
          FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS));

  private NativeFrame() {}

  /** What is run. */
  public interface Body {
    void run() throws Exception;
  }

  /** Sorts two numbers in C, with a comparator that runs {@code body} when it is called first. */
  public static void run(Body body) throws Exception {
    Once once = new Once(body);
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle compare = MethodHandles.lookup()
          .findVirtual(
              Once.class, "compare", MethodType.methodType(int.class, MemorySegment.class, MemorySegment.class))
          .bindTo(once);
      MemorySegment two = arena.allocateFrom(JAVA_INT, 2, 1);
      QSORT.invokeExact(two, 2L, 4L, Linker.nativeLinker().upcallStub(compare, COMPARATOR, arena));
    } catch (Throwable failed) {
      throw new AssertionError(failed);
    }
    if (once.thrown != null) {
      throw once.thrown;
    }
  }

  private static final class Once {
    private final Body body;
    private boolean ran;
    private Exception thrown;

    Once(Body body) {
      this.body = body;
    }

    int compare(MemorySegment first, MemorySegment second) {
      if (!ran) {
        ran = true;
        try {
          body.run();
        } catch (Exception e) {
          thrown = e;
        }
      }
      return 0;
    }
  }
}
