package io.loomring.net;

import io.loomring.testkit.Await;
import io.loomring.testkit.TestDriver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * One run of a scenario on files: opens them in a directory of its own, and writes down what each call came to, so that
 * the notes of two runs on different subjects can be compared.
 */
final class FileScene {
  /** What a scenario does. */
  interface Script {
    void play(FileScene scene) throws Exception;
  }

  /** A call whose outcome is written down; it may throw anything. */
  interface Call {
    Object call() throws Exception;
  }

  /** The same for a call without a result. */
  interface Act {
    void act() throws Exception;
  }

  private final FileSubject subject;
  private final boolean virtual;
  private final Path directory;
  private final List<String> notes = new ArrayList<>();
  private final Deque<FileSubject.File> opened = new ArrayDeque<>();

  private FileScene(FileSubject subject, boolean virtual, Path directory) {
    this.subject = subject;
    this.virtual = virtual;
    this.directory = directory;
  }

  /** Plays the script on a thread of its own, in an empty directory, and answers the notes. */
  static List<String> play(FileSubject subject, boolean virtual, Path directory, Script script) {
    FileScene scene = new FileScene(subject, virtual, directory);
    Throwable[] failure = new Throwable[1];
    Runnable body = () -> {
      try {
        script.play(scene);
      } catch (Throwable t) {
        failure[0] = t;
      }
    };
    Await.untilEnded(scene.thread(body));
    scene.closeAll();
    if (failure[0] != null) {
      throw new AssertionError("the scenario itself failed on " + subject + " after " + scene.notes, failure[0]);
    }
    return scene.notes;
  }

  private void closeAll() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (IOException e) {
        throw new AssertionError("closing at the end failed", e);
      }
    }
  }

  private Thread thread(Runnable body) {
    return virtual ? TestDriver.startVirtual(body) : Thread.ofPlatform().daemon().start(body);
  }

  // ---- files

  boolean isVirtual() {
    return virtual;
  }

  FileSubject subject() {
    return subject;
  }

  Path path(String name) {
    return directory.resolve(name);
  }

  /** Makes a file with {@code bytes} of a pattern. */
  Path file(String name, int bytes) throws IOException {
    return Files.write(path(name), pattern(bytes));
  }

  /** Opens a file of the subject, which is closed at the end. */
  FileSubject.File open(Path path, OpenOption... options) throws IOException {
    FileSubject.File file = subject.open(path, Set.of(options));
    opened.push(file);
    return file;
  }

  static byte[] pattern(int bytes) {
    byte[] pattern = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      pattern[i] = (byte) (i * 31 + (i >> 8));
    }
    return pattern;
  }

  /** What a buffer holds up to its position, and where that is. */
  static String told(ByteBuffer buffer) {
    ByteBuffer seen = buffer.duplicate().flip();
    CRC32 sum = new CRC32();
    sum.update(seen);
    return "position " + buffer.position() + " limit " + buffer.limit() + " sum " + sum.getValue();
  }

  /** What a file holds. */
  String content(Path path) throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    CRC32 sum = new CRC32();
    sum.update(bytes);
    return bytes.length + " bytes, sum " + sum.getValue()
        + (bytes.length <= 40 ? ", " + Arrays.toString(bytes) : "");
  }

  // ---- notes

  /** Makes the call and writes down what it answered or threw, and whether the thread is interrupted. */
  void note(String what, Call call) {
    notes.add(what.replace(directory.toString(), "DIR") + ": " + outcome(call));
  }

  /** The same for a call without a result. */
  void noteAct(String what, Act act) {
    note(what, () -> {
      act.act();
      return "done";
    });
  }

  private String outcome(Call call) {
    String outcome;
    try {
      outcome = String.valueOf(call.call());
    } catch (Throwable thrown) {
      outcome = thrown.getClass().getName()
          + (thrown instanceof NullPointerException ? "" : ": " + thrown.getMessage());
    }
    return outcome.replace(directory.toString(), "DIR") + (Thread.currentThread().isInterrupted() ? ", interrupted" : "");
  }

  /** Makes a call on another thread of the same sort; answers what it comes to when {@link Running#end} is asked. */
  Running running(Call call) {
    return new Running(call);
  }

  /** A call that another thread makes. */
  final class Running {
    private volatile String outcome = "";
    final Thread thread;

    Running(Call call) {
      thread = thread(() -> outcome = outcome(call));
    }

    String end() {
      Await.untilEnded(thread);
      return outcome;
    }
  }
}
