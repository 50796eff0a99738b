package io.loomring.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.Await;
import io.loomring.testkit.ChildJvm;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import org.junit.jupiter.api.Test;

/** What is said of sockets that nobody closed. */
@RunsOnce("the cleaner's work, and a JVM of its own")
class ForgottenSocketTest {
  /** Forgets three sockets, and waits until all have been closed: the third is, when the second has been told of. */
  static final class Main {
    public static void main(String[] args) throws IOException {
      try (UringServerSocket server = new UringServerSocket(0)) {
        for (int i = 0; i < 3; i++) {
          forget(server.getLocalPort());
          try (Socket accepted = server.accept()) {
            accepted.setSoTimeout(1);
            Await.until(() -> "it is not closed", () -> {
              System.gc();
              return isAtEnd(accepted);
            });
          }
        }
        new UringSocket("localhost", server.getLocalPort()).close();
      }
    }

    private static void forget(int port) throws IOException {
      Socket forgotten = new UringSocket("localhost", port);
      if (!forgotten.isConnected()) {
        throw new IllegalStateException("not connected");
      }
    }

    private static boolean isAtEnd(Socket accepted) {
      try {
        return accepted.getInputStream().read() == -1;
      } catch (java.net.SocketTimeoutException open) {
        return false;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static String said(String... options) {
    ChildJvm.Result result = ChildJvm.of(Main.class).options(options).run();
    result.succeeded();
    return result.err();
  }

  @Test
  void theFirstOneIsToldOfWithHowToFindOutMore() {
    String said = said();
    assertEquals(1, said.lines().filter(line -> line.contains("was forgotten, never closed")).count(), said);
    assertTrue(said.contains("-Dloomring.leakStacks=true"), said);
    assertFalse(said.contains("\tat "), said);
  }

  @Test
  void eachIsToldOfWithTheStackThatMadeItWhereThatIsAskedFor() {
    String said = said("-Dloomring.leakStacks=true");
    long told = said.lines().filter(line -> line.contains("was forgotten, never closed")).count();
    long stacks = said.lines().filter(line -> line.contains("ForgottenSocketTest$Main.forget(")).count();
    // The third may be told of when the JVM ends already.
    assertTrue(told == 2 || told == 3, said);
    assertTrue(stacks == 2 || stacks == told, said);
  }
}
