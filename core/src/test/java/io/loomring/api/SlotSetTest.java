package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.ring.Opcode;
import io.loomring.sys.Constants;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What makes descriptors takes a slot for the close of each, and one for the operation: callers that fill the table with the
 * first ones would wait for each other's for ever.
 */
class SlotSetTest extends UringTest {
  private static final int SLOTS = 16;
  private static final int CALLERS = 3 * SLOTS;

  private Pipe pipe;
  private FullTable full;

  @Override
  protected UringConfig config() {
    return TestDriver.config("few").withRings(1).withMaxOperations(SLOTS).withDirectDescriptors(2 * CALLERS);
  }

  enum Making {
    SOCKET {
      @Override
      void make(Uring uring, CallOptions options) throws IOException {
        uring.sockets().socket(Constants.AF_INET, Constants.SOCK_STREAM, 0, options).close();
      }
    },
    PIPE {
      @Override
      void make(Uring uring, CallOptions options) throws IOException {
        uring.pipes().open(options).close();
      }
    },
    PLAIN_PIPE {
      @Override
      void make(Uring uring, CallOptions options) throws IOException {
        PipeOperations.Made made = new PipeOperations.Made();
        int result = uring.pipes().pipe(made, false, options.deadlineFromNow(), false, null);
        if (result < 0) {
          throw uring.failure("a pipe", result);
        }
        made.ends().close();
      }
    },
    DIRECT_PIPE {
      @Override
      void make(Uring uring, CallOptions options) throws IOException {
        uring.direct().pipe(options).close();
      }
    },
    CHAIN {
      @Override
      void make(Uring uring, CallOptions options) throws IOException {
        for (Descriptor made : uring.custom().call(new TwoSockets(), options)) {
          made.close();
        }
      }
    };

    abstract void make(Uring uring, CallOptions options) throws IOException;
  }

  private static final class TwoSockets extends CustomOperation<List<Descriptor>> {
    @Override
    protected void encode(SqeChain chain) {
      for (int i = 0; i < 2; i++) {
        chain.add(Opcode.SOCKET, Constants.AF_INET).offset(Constants.SOCK_STREAM);
      }
    }

    @Override
    protected List<Descriptor> result(ChainResults results) {
      return List.of(results.descriptor(0), results.descriptor(1));
    }
  }

  @BeforeEach
  void fillTable() throws IOException {
    pipe = Pipe.open(uring);
    full = new FullTable(uring);
  }

  @AfterEach
  void emptyTable() throws IOException {
    full.close();
    pipe.close();
  }

  @ParameterizedTest
  @EnumSource(Making.class)
  void callersThatTakeSeveralSlotsDoNotWaitForEachOther(Making what) throws IOException {
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      callers.add(i % 2 == 0 ? Caller.virtual(() -> made(what)) : Caller.platform(() -> made(what)));
    }
    callers.forEach(caller -> Await.untilParked(caller.thread()));
    emptyTable();
    callers.forEach(Caller::value);
    assertEquals(0, uring.stats().slotsInUse());
  }

  private Object made(Making what) throws IOException {
    what.make(uring, CallOptions.NONE);
    return what;
  }

  @ParameterizedTest
  @EnumSource(Making.class)
  void theTimeoutEndsTheWaitForThem(Making what) {
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      callers.add(Caller.virtual(() -> {
        what.make(uring, CallOptions.timeout(Duration.ofMillis(30)));
        return null;
      }));
    }
    callers.forEach(caller -> caller.thrown(OperationTimeoutException.class));
    assertEquals(SLOTS, uring.stats().slotsInUse());
  }

  @Test
  void theCloseOfTheDescriptorEndsTheWaitForThem() throws IOException {
    Caller accepting = Caller.virtual(() -> uring.accept(pipe.sink()));
    Await.untilParked(accepting.thread());
    pipe.sink().close();
    accepting.thrown(DescriptorClosedException.class);
  }
}
