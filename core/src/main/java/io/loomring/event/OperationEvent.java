package io.loomring.event;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** An operation, from the moment that its caller handed it in until the caller was back. */
@Name("loomring.Operation")
@Label("io_uring Operation")
@Description("An operation that a thread waited for, from handing it in to its last completion")
@Category({"Loomring"})
@Enabled(false)
@Threshold("10 ms")
final class OperationEvent extends Event {
  @Label("Kind")
  @Nullable String kind;

  @Label("Descriptor")
  @Description("Its number, or -1 for an operation on none")
  int descriptor;

  @Label("Bytes Moved")
  @DataAmount
  long bytes;

  @Label("Outcome")
  @Description("done, the name of an errno, timed out, cancelled, closed, interrupted or ring dead")
  @Nullable String outcome;
}
