package io.loomring.net;

import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.sys.Constants;
import java.io.Closeable;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** What closing a socket takes beside the close chain: lingering, and sockets that nobody closed. */
final class Closing {
  private static final long MIN_LINGER_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long MAX_LINGER_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final System.Logger LOG = System.getLogger("io.loomring");
  private static final boolean LEAK_STACKS = Boolean.getBoolean("loomring.leakStacks");
  private static final AtomicBoolean LEAK_TOLD = new AtomicBoolean();

  private Closing() {}

  /** Closes; what goes wrong with that is noted with the failure that it was closed for. */
  static void quietly(Closeable unfinished, Throwable failure) {
    try {
      unfinished.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * What the closer does while it alone holds the number: tells the peer that the stream ends, unless linger is 0, and
   * with positive linger waits, not interruptible, for the delivery of what was written (K-18, K-19, K-36).
   */
  static void beforeClose(Descriptor closing, boolean connected) {
    int[] linger = new int[1];
    if (SocketCalls.lingerWhileHeld(closing, linger) < 0) {
      return;
    }
    if (linger[0] > 0) {
      closing.closeAsynchronously();
    }
    if (connected && linger[0] != 0) {
      SocketCalls.shutdownWhileHeld(closing, Constants.SHUT_WR);
      if (linger[0] > 0) {
        closing.cancelOperations();
        awaitDelivery(closing, linger[0]);
      }
    }
  }

  private static void awaitDelivery(Descriptor closing, int lingerSeconds) {
    long deadline = Deadline.afterNanos(TimeUnit.SECONDS.toNanos(lingerSeconds));
    long pause = MIN_LINGER_PAUSE_NANOS;
    boolean interrupted = false;
    while (SocketCalls.undeliveredWhileHeld(closing) > 0 && !Deadline.hasPassed(deadline)) {
      LockSupport.parkNanos(closing, Math.min(pause, Deadline.remainingNanos(deadline)));
      // Cleared, since a thread with the flag set does not park.
      interrupted |= Thread.interrupted();
      pause = Math.min(2 * pause, MAX_LINGER_PAUSE_NANOS);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Has the descriptor closed, without waiting, once {@code owner} cannot be reached any more. */
  static Cleaner.Cleanable whenForgotten(Object owner, Descriptor descriptor) {
    Throwable made = LEAK_STACKS ? new Throwable("made here") : null;
    return Forgotten.CLEANER.register(owner, new Forgotten(descriptor, made));
  }

  private record Forgotten(Descriptor descriptor, @Nullable Throwable made) implements Runnable {
    static final Cleaner CLEANER =
        Cleaner.create(Thread.ofPlatform().name("loomring-cleaner").daemon().factory());

    @Override
    public void run() {
      if (descriptor.beginClose()) {
        int[] linger = new int[1];
        if (SocketCalls.lingerWhileHeld(descriptor, linger) >= 0 && linger[0] > 0) {
          // Nobody waits for its delivery, but the ring must not either (K-18).
          descriptor.closeAsynchronously();
        }
        descriptor.endCall();
        tell();
      }
    }

    /** Each one with the stack that made it, where that was asked for; else the first one, with how to ask for that. */
    private void tell() {
      if (made != null) {
        LOG.log(System.Logger.Level.WARNING, "number " + descriptor.fd() + " was forgotten, never closed", made);
      } else if (LEAK_TOLD.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "a socket or file was forgotten, never closed, and has been closed now; of further ones nothing is said:"
                + " -Dloomring.leakStacks=true tells where each was made");
      }
    }
  }
}
