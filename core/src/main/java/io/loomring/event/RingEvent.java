package io.loomring.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import org.jspecify.annotations.Nullable;

/** How a Uring is doing, once each period. */
@Name("loomring.InFlight")
@Label("io_uring In Flight")
@Description("What is in flight on a Uring, and its counters")
@Category({"Loomring"})
@Enabled(false)
@Period("1 s")
final class RingEvent extends Event {
  @Label("Uring")
  @Nullable String uring;

  @Label("Operations in Flight")
  int inFlight;

  @Label("Open Descriptors")
  int openDescriptors;

  @Label("Entries Submitted")
  long submitted;

  @Label("Entries Completed")
  long completed;

  @Label("Operations Resubmitted")
  long resubmitted;
}
