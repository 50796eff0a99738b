package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;

/** Waits until a thread waits for what a file of either subject does not have. */
final class Waits {
  private Waits() {}

  static void awaitIn(FileSubject subject, Thread thread) {
    if (subject == FileSubject.URING && Transport.current() == Transport.URING) {
      Await.untilInFlight(Uring.getDefault(), OperationKind.READ, 1);
      Await.untilParked(thread);
      return;
    }
    int[] seen = new int[1];
    Await.until(thread + " does not wait in a system call", () -> {
      seen[0] = isInSystemCall(thread) ? seen[0] + 1 : 0;
      return seen[0] == 5;
    });
  }

  private static boolean isInSystemCall(Thread thread) {
    StackTraceElement[] stack = thread.getStackTrace();
    return stack.length > 0 && stack[0].isNativeMethod() && stack[0].getClassName().startsWith("sun.nio.ch.");
  }
}
