package io.loomring.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loomring.error.PrematureCloseException;
import io.loomring.ready.Interest;
import io.loomring.ready.ReadinessQueue;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Foreign;
import io.loomring.testkit.RunsOnce;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the page on readiness shows. */
@RunsOnce("the driver makes no difference to what a guide shows")
class ReadinessGuideTest extends UringTest {
  private final Foreign library = new Foreign();

  /** Reads a message of a library that never blocks and answers zero or less where there is nothing. */
  private int receive(ReadinessQueue queue, int fd) throws IOException {
    while (true) {
      int bytes = library.read(fd, 4096);
      if (bytes > 0) {
        return bytes;
      }
      queue.await(fd, Interest.READABLE, Duration.ofSeconds(10));
    }
  }

  @Test
  void aThreadWaitsForALibrarysDescriptor() throws IOException {
    try (library; ReadinessQueue queue = uring.polling().readinessQueue()) {
      Foreign.Two pipe = library.pipe();
      Caller reader = Caller.virtual(() -> receive(queue, pipe.first()));
      Await.untilParked(reader.thread());
      library.write(pipe.second(), 42);
      assertEquals(42, reader.value());
    }
  }

  @Test
  void oneThreadServesManyDescriptors() throws IOException {
    try (library; ReadinessQueue queue = uring.polling().readinessQueue()) {
      Foreign.Two first = library.pipe();
      Foreign.Two second = library.pipe();
      int[] total = new int[1];
      for (int fd : List.of(first.first(), second.first())) {
        queue.registerPersistent(fd, Interest.READABLE, ready -> {
          for (int got = library.read(ready.id(), 4096); got > 0; got = library.read(ready.id(), 4096)) {
            total[0] += got;
          }
          if (ready.isHangUp()) {
            queue.unregister(ready.id(), ready.interest());
          }
        });
      }
      for (Foreign.Two pipe : List.of(first, second)) {
        library.write(pipe.second(), 100);
        library.close(pipe.second());
      }
      queue.run();
      assertEquals(200, total[0]);
    }
  }

  @Test
  void aDescriptorThatItsOwnerClosedIsNamed() throws IOException {
    try (library; ReadinessQueue queue = uring.polling().readinessQueue()) {
      int fd = library.eventfd();
      queue.register(fd, Interest.READABLE, ready -> { });
      library.close(fd);
      assertEquals(fd, assertThrows(PrematureCloseException.class, queue::run).id());
    }
  }

  @Test
  void thePageShowsWhatIsCompiled() throws IOException {
    GuideCode.assertCompiled("readiness.md", 2, "ReadinessGuideTest.java");
  }
}
