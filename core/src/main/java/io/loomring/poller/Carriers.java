package io.loomring.poller;

/** The carriers of the JDK's scheduler of virtual threads, as they were configured when the JVM started. */
public final class Carriers {
  private static final String PARALLELISM = "jdk.virtualThreadScheduler.parallelism";

  private Carriers() {}

  /** How many run virtual threads at once. It can be changed later, through the JDK's management interface. */
  public static int parallelism() {
    return Integer.getInteger(PARALLELISM, Runtime.getRuntime().availableProcessors());
  }
}
