package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import java.io.IOException;

/** What the agent does inside the library; it calls this by name, from another class loader. */
final class AgentSetUp {
  private AgentSetUp() {}

  /**
   * Installs the factories where the transport says so, and answers a line for the user. The ring is made now, so that
   * what is wrong with it stops the start and not the first connection.
   */
  static String setUp() throws IOException {
    UringConfig.fromSystemProperties();
    requireWholeNumber("loomring.largeBytes");
    Transport wanted = Transport.configured();
    Transport transport = Transport.currentUnlogged();
    String said;
    if (transport == Transport.URING) {
      Uring uring = Uring.getDefault();
      said = "plain sockets are on io_uring: " + uring + (uring.hasLoops() ? ", on loops" : "");
      UringSocketImplFactory.install(transport);
    } else if (wanted == Transport.JDK) {
      said = "plain sockets are the JDK's, as transport=jdk wants it";
    } else {
      said = "plain sockets are the JDK's: " + String.valueOf(Uring.unavailabilityCause()).replaceFirst("^\\S+: ", "");
    }
    System.setProperty(UringSocketImplFactory.AGENT_PROPERTY, transport.toString());
    return said;
  }

  /** Of a property that its reader ignores otherwise. */
  private static void requireWholeNumber(String property) {
    String value = System.getProperty(property);
    if (value != null && Integer.getInteger(property) == null) {
      throw new IllegalArgumentException("-D" + property + "=" + value + " is not a whole number");
    }
  }
}
