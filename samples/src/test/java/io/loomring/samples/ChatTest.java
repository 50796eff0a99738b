package io.loomring.samples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.api.Uring;
import io.loomring.testkit.Await;
import io.loomring.testkit.Descriptors;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The chat, with members on sockets of the JDK's. */
class ChatTest {
  private static final InetSocketAddress ANYWHERE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @TempDir private Path directory;
  private int before;

  @BeforeEach
  void count() throws IOException {
    Uring.getDefault();
    new ServerSocket(0).close();
    before = Descriptors.sockets();
  }

  @AfterEach
  void nothingIsLeft() {
    Descriptors.awaitSockets(before);
  }

  /** Somebody in a room. */
  private static final class Member implements Closeable {
    private final Socket socket;
    private final BufferedReader in;

    Member(Chat.Room room, String name) throws IOException {
      socket = InProcess.connect(room.port());
      in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      assertEquals("Your name?", in.readLine());
      say(name);
    }

    void say(String line) throws IOException {
      socket.getOutputStream().write((line + "\n").getBytes(UTF_8));
    }

    String hears() throws IOException {
      return in.readLine();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static Chat.Room open(Path transcript) throws IOException {
    return new Chat.Room(Transport.URING, ANYWHERE, transcript);
  }

  /** Has the room run; what it throws comes out of the answer. */
  private static CompletableFuture<Void> run(Chat.Room room) {
    CompletableFuture<Void> over = new CompletableFuture<>();
    Thread.startVirtualThread(() -> {
      try {
        room.run();
        over.complete(null);
      } catch (IOException e) {
        over.completeExceptionally(e);
      }
    });
    return over;
  }

  @ParameterizedTest(name = "on transport {0}")
  @EnumSource(Transport.class)
  void whatIsSaidGoesToAllAndIntoTheTranscript(Transport transport) throws Exception {
    Path transcript = directory.resolve("transcript");
    try (Chat.Room room = new Chat.Room(transport, ANYWHERE, transcript)) {
      var over = run(room);
      try (Member ann = new Member(room, "ann")) {
        assertEquals("* ann is here", ann.hears());
        Member bob = new Member(room, "bob\r");
        assertEquals("* bob is here", ann.hears());
        assertEquals("* bob is here", bob.hears());
        bob.say("h\u00e4llo \u001b[2J");
        assertEquals("bob: h\u00e4llo [2J", ann.hears());
        bob.close();
        assertEquals("* bob has left", ann.hears());
      }
      Path file = transcript;
      Await.until("it is written", () -> Files.readString(file).endsWith("* ann has left\n"));
      assertEquals("* ann is here\n* bob is here\nbob: h\u00e4llo [2J\n* bob has left\n* ann has left\n",
          Files.readString(file));
      room.cancel();
      over.get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void aNameIsTakenOnce() throws Exception {
    try (Chat.Room room = open(null); Member first = startedMember(room, "ann")) {
      assertEquals("* ann is here", first.hears());
      try (Member second = new Member(room, "ann")) {
        assertEquals("That name is taken.", second.hears());
        assertNull(second.hears());
      }
    }
  }

  private static Member startedMember(Chat.Room room, String name) throws IOException {
    run(room);
    return new Member(room, name);
  }

  @Test
  void whereTheTranscriptCannotBeWrittenEverybodyLeavesAndTheRoomSaysWhy() throws Exception {
    try (Chat.Room room = open(Path.of("/dev/full"))) {
      var over = run(room);
      // The first word that is said is that ann is here.
      try (Member ann = new Member(room, "ann")) {
        Exception failed = assertThrows(ExecutionException.class, () -> over.get(30, TimeUnit.SECONDS));
        assertEquals("cannot write the transcript: No space left on device", failed.getCause().getMessage());
        assertEquals(-1, end(ann));
      }
    }
  }

  @Test
  void closingTheRoomClosesAllMembersWhateverTheyDo() throws Exception {
    Chat.Room room = open(null);
    var over = run(room);
    try (Member ann = new Member(room, "ann")) {
      assertEquals("* ann is here", ann.hears());
      try (Member bob = new Member(room, "bob"); Socket silent = InProcess.connect(room.port())) {
        assertEquals("* bob is here", bob.hears());
        assertEquals('Y', silent.getInputStream().read());
        room.close();
        over.get(30, TimeUnit.SECONDS);
        assertEquals(-1, end(ann));
        assertEquals(-1, end(bob));
        silent.getInputStream().readAllBytes();
      }
    }
  }

  private static int end(Member member) {
    try {
      while (member.hears() != null) {
        // What was said before the end.
      }
    } catch (IOException reset) {
      // An end, too.
    }
    return -1;
  }

  @Test
  void whoDoesNotReadLeavesAndTheOthersGoOn() throws Exception {
    try (Chat.Room room = open(null); Member ann = startedMember(room, "ann")) {
      assertEquals("* ann is here", ann.hears());
      try (Member slow = new Member(room, "slow")) {
        assertEquals("* slow is here", ann.hears());
        String text = "x".repeat(900);
        String heard = "";
        while (!heard.equals("* slow has left")) {
          ann.say(text);
          heard = ann.hears();
          assertTrue(heard.equals("ann: " + text) || heard.equals("* slow has left"), heard);
        }
      }
    }
  }

  @Test
  void aLineWithoutEndEndsItsMember() throws Exception {
    try (Chat.Room room = open(null); Member ann = startedMember(room, "ann")) {
      assertEquals("* ann is here", ann.hears());
      try (Member bob = new Member(room, "bob")) {
        assertEquals("* bob is here", ann.hears());
        bob.socket.getOutputStream().write(new byte[2000]);
        assertEquals("* bob has left", ann.hears());
      }
    }
  }

  @Test
  void aTakenPortIsOneClearLine() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      InProcess.Result result = InProcess.run("chat", "--port", String.valueOf(taken.getLocalPort()));
      assertEquals(1, result.status());
      assertTrue(result.err().startsWith("chat: cannot open the room: Address already in use"), result::toString);
    }
  }
}
