package io.loomring.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** The closing of a descriptor, as long as its closer waited for it. */
@Name("loomring.Close")
@Label("io_uring Close")
@Description("The closing of a descriptor, and how many operations it cancelled")
@Category({"Loomring"})
@Enabled(false)
final class CloseEvent extends Event {
  @Label("Descriptor")
  int descriptor;

  @Label("Operations Cancelled")
  int cancelled;
}
