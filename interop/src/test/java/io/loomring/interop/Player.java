package io.loomring.interop;

import io.loomring.api.Uring;
import io.loomring.testkit.Descriptors;
import io.loomring.testkit.TestDriver;
import io.loomring.testkit.UringTest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The main class of a JVM that goes one way. Each line of its input names a scenario, {@code class method argument...},
 * separated by tabs; the answer is a line for each note, and one with an equals sign. It ends with its input.
 */
final class Player {
  static final String NOTE = "| ";
  static final String FAILURE = "! ";
  static final String END = "=";

  private final Way way;

  private Player(Way way) {
    this.way = way;
  }

  public static void main(String[] arguments) throws Exception {
    Way way = Way.valueOf(arguments[0]);
    way.begin();
    keepTheJdksMarker();
    Player player = new Player(way);
    try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        List<String> words = Arrays.asList(line.split("\t"));
        TestDriver.startVirtual(() -> player.answer(words));
      }
    }
    Runtime.getRuntime().halt(0);
  }

  /** Has the JDK open the one socket that it keeps for ever, to close others with. */
  private static void keepTheJdksMarker() throws IOException {
    ServerSocketChannel.open().close();
  }

  private void answer(List<String> words) {
    Scene scene = new Scene(way, words.get(1), words.subList(2, words.size()));
    StringBuilder answer = new StringBuilder();
    try {
      play(scene, words.get(0), words.get(1));
    } catch (Throwable e) {
      StringWriter stack = new StringWriter();
      e.printStackTrace(new PrintWriter(stack));
      stack.toString().lines().forEach(line -> answer.append(FAILURE).append(line).append('\n'));
    }
    scene.notes().forEach(note -> answer.append(NOTE).append(note).append('\n'));
    System.out.print(answer.append(END).append('\n'));
    System.out.flush();
  }

  /** Plays it, and sees to it that what it used was on the ring, or was not, and that nothing is left of it. */
  private void play(Scene scene, String type, String method) throws Throwable {
    long operationsBefore = way.isOnRing() ? Uring.getDefault().stats().operations() : 0;
    int socketsBefore = Descriptors.sockets();
    try {
      Class.forName(type).getDeclaredMethod(method, Scene.class).invoke(null, scene);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    Descriptors.awaitSockets(socketsBefore);
    if (way.isOnRing()) {
      UringTest.awaitNothingLeft(Uring.getDefault());
      if (Uring.getDefault().stats().operations() == operationsBefore) {
        throw new AssertionError("nothing went through the ring: " + Uring.getDefault().stats());
      }
    } else if (Descriptors.rings() != 0) {
      throw new AssertionError("there is a ring: " + Descriptors.unnamed());
    }
  }
}
