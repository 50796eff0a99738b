package io.loomring.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** The completion queue was too short, looked for with each {@link RingEvent}. */
@Name("loomring.Overflow")
@Label("Completion Queue Overflow")
@Description("Completions found the queue full and waited in the kernel, at some moment since the last loomring.InFlight")
@Category({"Loomring"})
@Enabled(false)
final class OverflowEvent extends Event {
  @Label("Uring")
  @Nullable String uring;

  @Label("Turns")
  @Description("Turns that found it so since the last loomring.InFlight")
  long turns;
}
