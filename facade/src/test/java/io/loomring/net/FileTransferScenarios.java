package io.loomring.net;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** Scenarios of moving bytes between files and other channels. */
final class FileTransferScenarios {
  private static final int MUCH = 300_000;

  private FileTransferScenarios() {}

  static void fromFileToFile(FileScene scene) throws IOException {
    FileSubject.File source = scene.open(scene.file("source", MUCH), READ);
    FileSubject.File target = scene.open(scene.path("target"), CREATE, READ, WRITE);
    source.position(11);
    transfer(scene, "all", source, target, 0, MUCH);
    transfer(scene, "a part", source, target, 100, 1000);
    transfer(scene, "more than there is", source, target, MUCH - 10, Long.MAX_VALUE);
    transfer(scene, "at the end", source, target, MUCH, 10);
    transfer(scene, "behind the end", source, target, MUCH + 1, 10);
    transfer(scene, "nothing", source, target, 0, 0);
    scene.note("content", () -> scene.content(scene.path("target")));
  }

  private static void transfer(
      FileScene scene, String what, FileSubject.File from, FileSubject.File to, long position, long count) {
    scene.note(what, () -> from.transferTo(position, count, to.channel()) + " " + from.position() + " " + to.position());
  }

  static void fromAFileIntoPlacesOfAnother(FileScene scene) throws IOException {
    FileSubject.File source = scene.open(scene.file("source", 1000), READ);
    FileSubject.File target = scene.open(scene.file("target", 50), READ, WRITE);
    for (long position : new long[] {0, 10, 5000, 20}) {
      source.position(100);
      target.position(7);
      scene.note("to " + position, () ->
          target.transferFrom(source.channel(), position, 300) + " " + source.position() + " " + target.position()
              + " of " + target.size());
    }
    scene.note("the rest", () -> target.transferFrom(source.channel(), 0, 1 << 20) + " " + source.position());
    scene.note("nothing left", () -> target.transferFrom(source.channel(), 0, 10) + " " + source.position());
    scene.note("content", () -> scene.content(scene.path("target")));
  }

  static void betweenFilesAndStreams(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.file("file", MUCH), READ, WRITE);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    WritableByteChannel out = Channels.newChannel(bytes);
    scene.note("to a stream", () -> file.transferTo(5, MUCH, out) + " " + bytes.size() + " " + file.position());
    ReadableByteChannel in = Channels.newChannel(new ByteArrayInputStream(FileScene.pattern(MUCH)));
    scene.note("from a stream", () -> file.transferFrom(in, MUCH / 2, 200_000) + " " + file.size());
    scene.note("what is left of it", () -> file.transferFrom(in, 0, 200_000) + " " + file.size());
    scene.note("content", () -> scene.content(scene.path("file")));
    out.close();
    in.close();
    scene.note("to a closed one", () -> file.transferTo(0, 1, out));
    scene.note("from a closed one", () -> file.transferFrom(in, 0, 1));
    scene.note("open", file::isOpen);
  }

  static void channelsThatTakeLittleOrFail(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.file("file", 100_000), READ, WRITE);
    scene.note("takes some", () -> file.transferTo(0, 50_000, new Odd(1000, null)));
    scene.note("takes none", () -> file.transferTo(0, 50_000, new Odd(0, null)));
    scene.note("fails", () -> file.transferTo(0, 50_000, new Odd(0, new IOException("broken"))));
    scene.note("gives some", () -> file.transferFrom(new Odd(1000, null), 5, 50_000));
    scene.note("gives none", () -> file.transferFrom(new Odd(0, null), 5, 50_000));
    scene.note("fails to give", () -> file.transferFrom(new Odd(0, new IOException("broken")), 5, 50_000));
    scene.note("full", () -> file.transferTo(0, 100, scene.open(Path.of("/dev/full"), WRITE).channel()));
    scene.note("zeros", () -> file.transferFrom(scene.open(Path.of("/dev/zero"), READ).channel(), 0, 70_000));
    scene.note("content", () -> scene.content(scene.path("file")));
  }

  /** Moves so many bytes in all, and then nothing, or an exception. */
  private static final class Odd implements WritableByteChannel, ReadableByteChannel {
    private int left;
    private final IOException failure;

    Odd(int bytes, IOException failure) {
      this.left = bytes;
      this.failure = failure;
    }

    private int move(ByteBuffer buffer) throws IOException {
      if (left == 0 && failure != null) {
        throw failure;
      }
      int count = Math.min(left, buffer.remaining());
      left -= count;
      buffer.position(buffer.position() + count);
      return count;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      return move(into);
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
      return move(from);
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  static void intoAFileThatIsAppendedTo(FileScene scene) throws IOException {
    FileSubject.File source = scene.open(scene.file("source", 1000), READ);
    FileSubject.File target = scene.open(scene.file("target", 10), APPEND);
    transfer(scene, "to", source, target, 5, 20);
    scene.note("from", () -> target.transferFrom(source.channel(), 3, 20) + " " + target.position());
    scene.note("content", () -> scene.content(scene.path("target")));
  }

  static void withinAFile(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.file("file", 1000), READ, WRITE);
    file.position(1000);
    transfer(scene, "to its end", file, file, 0, 1000);
    file.position(500);
    scene.note("from its position", () -> file.transferFrom(file.channel(), 3000, 700) + " " + file.position());
    scene.note("content", () -> scene.content(scene.path("file")));
  }

  static void whatTellsNoSize(FileScene scene) throws IOException {
    FileSubject.File source = scene.open(Path.of("/proc/sys/kernel/ostype"), READ);
    FileSubject.File target = scene.open(scene.path("target"), CREATE, READ, WRITE);
    scene.note("to", () -> source.transferTo(0, 1000, target.channel()));
    scene.note("from", () -> target.transferFrom(source.channel(), 100, 1000));
    scene.note("content", () -> scene.content(scene.path("target")));
  }
}
