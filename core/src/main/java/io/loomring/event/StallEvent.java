package io.loomring.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** No carrier came free for a poller, so that its platform thread runs the turns for a while. */
@Name("loomring.PollerStall")
@Label("Poller Stall")
@Description("Work waited and no carrier came free for the poller: its platform thread took over")
@Category({"Loomring"})
@Enabled(false)
final class StallEvent extends Event {
  @Label("Poller")
  @Nullable String poller;
}
