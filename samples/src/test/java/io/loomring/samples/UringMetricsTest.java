package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.net.UringServerSocket;
import io.loomring.net.UringSocket;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** The sample that has Micrometer read a Uring. */
class UringMetricsTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private double gauge(String name) {
    return registry.get(name).tag("uring", "tested").gauge().value();
  }

  private double counter(String name) {
    return registry.get(name).tag("uring", "tested").functionCounter().count();
  }

  @Test
  void itsFiguresMoveWithWhatTheUringDoes() throws IOException {
    try (Uring uring = Uring.open(UringConfig.defaults())) {
      new UringMetrics(uring, "tested").bindTo(registry);
      double before = counter("loomring.operations");
      assertEquals(0, gauge("loomring.connections"));
      try (UringServerSocket server = new UringServerSocket(uring)) {
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try (UringSocket client = new UringSocket(uring)) {
          client.connect(server.getLocalSocketAddress());
          try (UringSocket accepted = server.accept()) {
            client.getOutputStream().write(7);
            assertEquals(7, accepted.getInputStream().read());
            assertEquals(2, gauge("loomring.connections"));
            assertEquals(3, gauge("loomring.descriptors"));
            assertEquals(0, gauge("loomring.inflight"));
          }
        }
      }
      assertTrue(counter("loomring.operations") >= before + 4, "accept, connect, send and receive are not counted");
      assertTrue(counter("loomring.batched") >= counter("loomring.batches"), "not completions");
      assertEquals(0, gauge("loomring.connections"));
      assertEquals(14, registry.getMeters().size());
    }
  }
}
