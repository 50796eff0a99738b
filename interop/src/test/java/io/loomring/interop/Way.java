package io.loomring.interop;

import io.loomring.api.Uring;
import io.loomring.net.Transport;
import io.loomring.net.UringSocketFactory;
import io.loomring.net.UringSocketImplFactory;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.util.List;
import javax.net.SocketFactory;

/** How a client comes to its sockets. The first one knows nothing of the library, and says what is right. */
enum Way {
  /** The sockets of {@code java.net}, as they come. */
  JAVA_NET(false, false, List.of()),

  /** Our factory, on the JDK's sockets. */
  FACTORY_ON_JDK(true, false, List.of("-Dloomring.transport=jdk")),

  /** Our factory, on the ring. */
  FACTORY_ON_RING(true, true, List.of("-Dloomring.transport=uring")),

  /** The same, with every other virtual thread on a loop. */
  FACTORY_ON_LOOPS(true, true, List.of(
      "-Dloomring.transport=uring", TestDriver.OPENS, "-Dloomring.test.driver=loops", "-Dloomring.loops=true",
      "-Dloomring.rings=2")),

  /** Plain sockets, after one call has put them on the ring. */
  INSTALLED(false, true, List.of("-Dloomring.transport=uring"));

  private final boolean factory;
  private final boolean onRing;
  private final List<String> options;

  Way(boolean factory, boolean onRing, List<String> options) {
    this.factory = factory;
    this.onRing = onRing;
    this.options = options;
  }

  /** The options of a JVM that goes this way. */
  List<String> options() {
    return options;
  }

  /** Whether the client is told to use our factory. */
  boolean hasFactory() {
    return factory;
  }

  boolean isOnRing() {
    return onRing;
  }

  /** What the client is to make its sockets with. */
  SocketFactory sockets() {
    return factory ? UringSocketFactory.getDefault() : SocketFactory.getDefault();
  }

  /** To be called once, before the first socket. */
  void begin() throws IOException {
    Transport expected = onRing ? Transport.URING : Transport.JDK;
    if (this == INSTALLED && UringSocketImplFactory.install() != expected) {
      throw new IllegalStateException("nothing was installed");
    }
    if (factory && Transport.current() != expected) {
      throw new IllegalStateException("the transport is " + Transport.current());
    }
    if (onRing && Uring.getDefault().hasLoops() != (this == FACTORY_ON_LOOPS)) {
      throw new IllegalStateException("this is not its driver: " + Uring.getDefault());
    }
  }
}
