package io.loomring.net;

import java.io.Closeable;
import java.io.IOException;

/** Closing what could not be finished. */
final class Closing {
  private Closing() {}

  /** Closes; what goes wrong with that is noted with the failure that it was closed for. */
  static void quietly(Closeable unfinished, Throwable failure) {
    try {
      unfinished.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
