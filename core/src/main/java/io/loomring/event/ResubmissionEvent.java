package io.loomring.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** An operation that was submitted again, noted when its caller was back. */
@Name("loomring.Resubmission")
@Label("io_uring Resubmission")
@Description("An operation that ended with the thread that had submitted it, and was submitted again by another")
@Category({"Loomring"})
@Enabled(false)
final class ResubmissionEvent extends Event {
  @Label("Kind")
  @Nullable String kind;

  @Label("Descriptor")
  int descriptor;

  @Label("Times")
  int times;
}
