package io.loomring.api;

import io.loomring.poller.Carriers;
import java.lang.management.ManagementFactory;
import jdk.management.VirtualThreadSchedulerMXBean;

/**
 * What can be told of the JDK's scheduler of virtual threads. It is the process's, not ours: it is looked at, and never
 * changed.
 */
final class JdkScheduler {
  private JdkScheduler() {}

  /** How many carriers it runs virtual threads on just now. */
  static int parallelism() {
    try {
      return Bean.parallelism();
    } catch (LinkageError | IllegalArgumentException absent) {
      // The JVM has no module jdk.management: then nobody can have changed it since the start either.
      return Carriers.parallelism();
    }
  }

  /** In a class of its own, so that without the module only this one cannot be loaded. */
  private static final class Bean {
    static int parallelism() {
      return ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class).getParallelism();
    }
  }
}
