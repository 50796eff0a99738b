package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.HeapDump;
import io.loomring.testkit.RunsOnce;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application that has a copy of the library, and goes: what is left of that, as a heap dump shows it. */
@RunsOnce("the JVM of it has the default driver")
class ClassLoaderTest {
  /**
   * What JNA keeps: the thread that frees its memory, and runs for good; the methods that it has bound, by global
   * references; and what it has left in the thread that used it first.
   */
  private static final Set<String> OF_JNA = Set.of(
      "com.sun.jna.internal.Cleaner$CleanerThread", "java.lang.reflect.Method", "com.sun.jna.Structure$StructureSet");

  /** As a server for applications loads one. */
  static final class Application extends URLClassLoader {
    Application(URL[] jars) {
      super("application", jars, ClassLoader.getPlatformClassLoader());
    }
  }

  /** Uses the library from a loader of its own, lets go of it, and writes a dump of what is reachable. */
  static final class Main {
    public static void main(String[] args) throws Exception {
      use();
      // What is freed with an object is freed a while after it is found to be gone; and that may let go of more.
      for (int i = 0; i < 3; i++) {
        collect();
      }
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(args[0], true);
      System.out.println("dumped");
    }

    @SuppressWarnings("restricted")
    private static void collect() throws InterruptedException {
      CountDownLatch cleaned = new CountDownLatch(1);
      MemorySegment.NULL.reinterpret(1, Arena.ofAuto(), gone -> cleaned.countDown());
      do {
        System.gc();
      } while (!cleaned.await(10, TimeUnit.MILLISECONDS));
    }

    private static void use() throws Exception {
      List<URL> jars = new ArrayList<>();
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        jars.add(Path.of(entry).toUri().toURL());
      }
      Application application = new Application(jars.toArray(URL[]::new));
      Thread me = Thread.currentThread();
      ClassLoader before = me.getContextClassLoader();
      me.setContextClassLoader(application);
      try {
        ((Runnable) application.loadClass(Use.class.getName()).getDeclaredConstructor().newInstance()).run();
      } finally {
        me.setContextClassLoader(before);
      }
    }
  }

  /** What the application does. */
  public static final class Use implements Runnable {
    @Override
    public void run() {
      try (Uring uring = Uring.open(UringConfig.defaults())) {
        uring.tcpSocket().close();
        uring.nop();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void nothingButWhatJnaKeepsIsLeftOfALibraryThatWasClosed(@TempDir Path directory) {
    Path file = directory.resolve("heap.hprof");
    assertEquals("dumped\n", ChildJvm.of(Main.class, file.toString()).options("-Xmx128m").run().succeeded());
    HeapDump dump = HeapDump.read(file);
    assertEquals(List.of(), dump.wayTo(Application.class.getName(), OF_JNA));
  }
}
