package io.loomring.samples;

import io.loomring.testkit.ChildJvm;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** A terminal of the program script, with a program in it. */
final class ScriptTerminal {
  static final int CTRL_C = 3;

  private ScriptTerminal() {}

  /**
   * In a terminal of script's, between two looks at its settings. Ctrl-C reaches the shell too, which outlives it by
   * the trap; a build may have it ignored, and then so would the program.
   */
  static ChildJvm.Running start(ChildJvm program) {
    return program.wrappedBy(command -> List.of("env", "SHELL=/bin/sh", "script", "--quiet", "--return", "--command",
        "trap : INT; stty cols 80 rows 24; stty -g; env --default-signal=INT " + String.join(" ", command)
            + "; status=$?; stty -g; exit $status",
        "/dev/null")).start();
  }

  /** Presses a key. */
  static void type(ChildJvm.Running running, int key) throws IOException {
    OutputStream in = running.process().getOutputStream();
    in.write(key);
    in.flush();
  }
}
