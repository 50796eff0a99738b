package io.loomring.ring;

import io.loomring.sys.SystemCalls;
import io.loomring.testkit.Await;
import java.nio.file.Files;
import java.nio.file.Path;

/** A platform thread that does something and is gone, for the kernel too, as a carrier that retires. */
final class ShortLivedThread {
  private ShortLivedThread() {}

  static void run(Runnable body) {
    int[] id = new int[1];
    Throwable[] failure = new Throwable[1];
    Thread thread = Thread.ofPlatform().start(() -> {
      id[0] = SystemCalls.gettid();
      try {
        body.run();
      } catch (Throwable failed) {
        failure[0] = failed;
      }
    });
    Await.untilEnded(thread);
    // A thread has ended for Java a little before it has for the kernel, which is what counts here.
    Await.until("the end of task " + id[0], () -> !Files.exists(Path.of("/proc/self/task/" + id[0])));
    if (failure[0] != null) {
      throw new AssertionError("in the short-lived thread", failure[0]);
    }
  }
}
