package io.loomring.net;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DSYNC;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.SYNC;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Scenarios of reading and writing, of positions and sizes. */
final class FileDataScenarios {
  /** More than travels in one buffer. */
  private static final int MUCH = 300_000;
  private static final long FAR = 5L << 30;

  private FileDataScenarios() {}

  private static void read(FileScene scene, String what, FileSubject.File file, ByteBuffer into) {
    scene.note(what, () -> file.read(into) + " " + FileScene.told(into) + " at " + file.position());
  }

  private static void read(FileScene scene, String what, FileSubject.File file, ByteBuffer into, long at) {
    scene.note(what, () -> file.read(into, at) + " " + FileScene.told(into) + " at " + file.position());
  }

  private static void write(FileScene scene, String what, FileSubject.File file, ByteBuffer from) {
    scene.note(what, () -> file.write(from) + " " + FileScene.told(from) + " at " + file.position());
  }

  private static void write(FileScene scene, String what, FileSubject.File file, ByteBuffer from, long at) {
    scene.note(what, () -> file.write(from, at) + " " + FileScene.told(from) + " at " + file.position());
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.wrap(FileScene.pattern(count));
  }

  // ---- reading

  static void readsToTheEndAndBehindIt(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.file("file", 10), READ);
    read(scene, "some", file, ByteBuffer.allocate(4));
    read(scene, "the rest", file, ByteBuffer.allocate(100));
    read(scene, "the end", file, ByteBuffer.allocate(5));
    read(scene, "nothing, at the end", file, ByteBuffer.allocate(0));
    scene.note("behind the end", () -> file.position(50) + " " + file.position() + " " + file.size());
    read(scene, "there", file, ByteBuffer.allocate(5));
    read(scene, "at", file, ByteBuffer.allocate(5), 7);
    read(scene, "at the end", file, ByteBuffer.allocate(5), 10);
    read(scene, "far behind", file, ByteBuffer.allocate(5), Long.MAX_VALUE - 10);
    read(scene, "as far as it goes", file, ByteBuffer.allocate(5), Long.MAX_VALUE);
    scene.note("set so far", () -> file.position(Long.MAX_VALUE));
    read(scene, "there", file, ByteBuffer.allocate(5));
  }

  static void readsOfAnEmptyFile(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.file("file", 0), READ, WRITE);
    read(scene, "read", file, ByteBuffer.allocate(4));
    read(scene, "read nothing", file, ByteBuffer.allocate(0));
    read(scene, "read at", file, ByteBuffer.allocate(4), 0);
    scene.note("scatter", () -> file.read(ByteBuffer.allocate(1), ByteBuffer.allocate(2)));
    scene.note("scatter nothing", () -> file.read(ByteBuffer.allocate(0), ByteBuffer.allocate(0)));
    scene.note("scatter into no buffers", () -> file.read(new ByteBuffer[0]));
    scene.note("size", file::size);
    scene.note("truncate", () -> file.truncate(0) + " " + file.size());
  }

  static void buffersOfAllSorts(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.file("file", 100), READ, WRITE);
    read(scene, "a slice", file, ByteBuffer.allocate(30).position(7).limit(17).slice());
    read(scene, "a part", file, ByteBuffer.allocate(30).position(7).limit(17));
    read(scene, "direct", file, ByteBuffer.allocateDirect(20).position(3));
    read(scene, "direct at", file, ByteBuffer.allocateDirect(20).position(3), 60);
    read(scene, "read-only", file, ByteBuffer.allocate(5).asReadOnlyBuffer());
    read(scene, "read-only and empty", file, ByteBuffer.allocate(0).asReadOnlyBuffer());
    read(scene, "read-only at", file, ByteBuffer.allocate(5).asReadOnlyBuffer(), 3);
    scene.note("scatter into read-only", () ->
        file.read(ByteBuffer.allocate(5), ByteBuffer.allocate(5).asReadOnlyBuffer()));
    write(scene, "from read-only", file, bytes(9).asReadOnlyBuffer());
    write(scene, "from direct", file, ByteBuffer.allocateDirect(20).putInt(77).flip());
    write(scene, "from a part", file, bytes(40).position(20).limit(31), 5);
    try (Arena arena = Arena.ofConfined()) {
      read(scene, "an arena's", file, arena.allocate(10).asByteBuffer(), 20);
    }
    scene.note("content", () -> scene.content(scene.path("file")));
  }

  static void muchAtOnce(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.path("file"), CREATE, READ, WRITE);
    write(scene, "write", file, bytes(MUCH));
    read(scene, "read", file, ByteBuffer.allocate(2 * MUCH), 0);
    read(scene, "read a part", file, ByteBuffer.allocateDirect(MUCH - 7), 5);
    file.position(1);
    read(scene, "read from the position", file, ByteBuffer.allocateDirect(2 * MUCH));
    write(scene, "write direct", file, ByteBuffer.allocateDirect(MUCH), MUCH / 2);
    scene.note("content", () -> scene.content(scene.path("file")));
  }

  static void scatteringAndGathering(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.path("file"), CREATE, READ, WRITE);
    List<int[]> layouts = List.of(
        new int[] {1, 0, 5, 0, 0, 70},
        new int[] {200_000, 3, 5},
        new int[] {3, 200_000, 5, 150_000},
        new int[] {0},
        new int[] {70_000, 70_000, 70_000});
    for (int[] layout : layouts) {
      ByteBuffer[] from = buffers(layout, true);
      scene.note("gather", () -> file.write(from) + " " + told(from) + file.position());
    }
    file.position(3);
    for (int[] layout : layouts) {
      ByteBuffer[] into = buffers(layout, false);
      scene.note("scatter", () -> file.read(into) + " " + told(into) + file.position());
    }
    file.position(file.size() - 100);
    ByteBuffer[] into = buffers(new int[] {60, 60, 60}, false);
    scene.note("scatter over the end", () -> file.read(into) + " " + told(into) + file.position());
    scene.note("scatter at the end", () -> file.read(buffers(new int[] {60, 60, 60}, false)) + " " + file.position());
    scene.note("a part of them", () -> file.write(buffers(new int[] {1, 2, 3, 4}, true), 1, 2));
    scene.note("content", () -> scene.content(scene.path("file")));
  }

  private static ByteBuffer[] buffers(int[] sizes, boolean filled) {
    ByteBuffer[] buffers = new ByteBuffer[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      ByteBuffer plain = filled ? bytes(sizes[i]) : ByteBuffer.allocate(sizes[i]);
      buffers[i] = i % 2 == 0 ? plain : ByteBuffer.allocateDirect(sizes[i]).put(plain).flip();
      buffers[i].limit(sizes[i]);
    }
    return buffers;
  }

  private static String told(ByteBuffer[] buffers) {
    List<String> all = new ArrayList<>();
    for (ByteBuffer buffer : buffers) {
      all.add(FileScene.told(buffer));
    }
    return all.toString();
  }

  static void fewerBuffersThanTheKernelTakesAtOnce(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.path("file"), CREATE, READ, WRITE);
    int[] sizes = new int[1000];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = i % 5;
    }
    scene.note("gather", () -> file.write(buffers(sizes, true)) + " at " + file.position());
    file.position(0);
    ByteBuffer[] into = buffers(sizes, false);
    scene.note("scatter", () -> file.read(into) + " " + told(into));
  }

  // ---- positions and sizes

  static void writesBehindTheEndLeaveAHole(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.path("file"), CREATE_NEW, SPARSE, READ, WRITE);
    write(scene, "at", file, bytes(3), 10);
    scene.note("position", () -> file.position() + " of " + file.size());
    scene.note("set", () -> file.position(20) + " " + file.size());
    write(scene, "there", file, bytes(4));
    write(scene, "nothing, far", file, bytes(0), 1000);
    scene.note("size", file::size);
    scene.note("content", () -> scene.content(scene.path("file")));
  }

  static void positionsBehindTwoGibibytes(FileScene scene) throws IOException {
    Path path = scene.path("file");
    FileSubject.File file = scene.open(path, CREATE_NEW, SPARSE, READ, WRITE);
    write(scene, "at", file, bytes(MUCH), FAR);
    scene.note("size", file::size);
    file.position(FAR - 3);
    read(scene, "read", file, ByteBuffer.allocate(MUCH * 2));
    read(scene, "at", file, ByteBuffer.allocate(9), FAR + 5);
    read(scene, "in the hole", file, ByteBuffer.allocate(9), 1L << 31);
    read(scene, "at the end", file, ByteBuffer.allocate(9), FAR + MUCH);
    write(scene, "from the position", file, bytes(9));
    scene.note("position", file::position);
    scene.note("truncate", () -> file.truncate(FAR - 100) + " " + file.position() + " " + file.size());
    scene.note("gather", () -> file.write(bytes(9), bytes(5)) + " " + file.position());
    scene.note("beyond what a file can have", () -> file.write(bytes(9), Long.MAX_VALUE - 3));
    scene.note("truncate again", () -> file.truncate(1) + " " + file.position() + " " + file.size());
    scene.note("content", () -> scene.content(path));
  }

  static void truncatingMovesThePositionWhereItHasTo(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.file("file", 100), READ, WRITE);
    file.position(60);
    for (long size : new long[] {200, 100, 80, 60, 50, 0, 10}) {
      scene.note("to " + size, () -> file.truncate(size) + " " + file.position() + " of " + file.size());
    }
    file.position(70);
    scene.note("behind the end", () -> file.truncate(30) + " " + file.position() + " of " + file.size());
    write(scene, "write", file, bytes(2));
    scene.note("content", () -> scene.content(scene.path("file")));
  }

  static void appendingIgnoresPositions(FileScene scene) throws IOException {
    Path path = scene.file("file", 10);
    FileSubject.File file = scene.open(path, APPEND);
    scene.note("position", file::position);
    write(scene, "write", file, bytes(3));
    write(scene, "write at", file, bytes(2), 1);
    scene.note("set", () -> file.position(2) + " " + file.position());
    write(scene, "write there", file, bytes(4));
    Files.write(path, new byte[] {9, 9, 9}, APPEND);
    scene.note("longer by another", file::position);
    scene.note("gather", () -> file.write(bytes(1), bytes(2)) + " " + file.position());
    write(scene, "much", file, bytes(MUCH));
    scene.note("truncate", () -> file.truncate(12) + " " + file.position());
    write(scene, "write at the end", file, bytes(1));
    scene.note("content", () -> scene.content(path));
  }

  static void whatIsWrittenIsThereForOthersAtOnce(FileScene scene) throws IOException {
    Path path = scene.path("file");
    FileSubject.File file = scene.open(path, CREATE, WRITE);
    FileSubject.File other = scene.open(path, READ);
    for (int i = 1; i < 4; i++) {
      write(scene, "write", file, bytes(i));
      read(scene, "read", other, ByteBuffer.allocate(100));
    }
    file.truncate(2);
    read(scene, "behind the end", other, ByteBuffer.allocate(100));
  }

  static void forcingAndSynchronousFiles(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.path("file"), CREATE, READ, WRITE);
    write(scene, "write", file, bytes(1000));
    scene.noteAct("force", () -> file.force(true));
    scene.noteAct("force data", () -> file.force(false));
    FileSubject.File reader = scene.open(scene.path("file"), READ);
    scene.noteAct("force of a reader", () -> reader.force(true));
    write(scene, "sync", scene.open(scene.path("sync"), CREATE, WRITE, SYNC), bytes(1000));
    write(scene, "dsync", scene.open(scene.path("dsync"), CREATE, WRITE, DSYNC), bytes(MUCH));
    scene.note("content", () -> scene.content(scene.path("dsync")));
  }

  static void randomStepsComeToTheSame(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.path("file"), CREATE, READ, WRITE);
    Random random = new Random(20_261_121);
    for (int i = 0; i < 200; i++) {
      int size = random.nextInt(3) == 0 ? random.nextInt(150_000) : random.nextInt(600);
      long at = random.nextInt(400_000);
      switch (random.nextInt(8)) {
        case 0 -> read(scene, "read", file, ByteBuffer.allocate(size));
        case 1 -> read(scene, "read at", file, ByteBuffer.allocateDirect(size), at);
        case 2 -> write(scene, "write", file, bytes(size));
        case 3 -> write(scene, "write at", file, bytes(size), at);
        case 4 -> file.position(at);
        case 5 -> scene.note("truncate", () -> file.truncate(at + 100_000) + " " + file.position() + " " + file.size());
        case 6 -> scene.note("gather", () -> file.write(bytes(size / 2), bytes(7), bytes(size)));
        default -> {
          ByteBuffer[] into = {ByteBuffer.allocate(size / 2), ByteBuffer.allocate(7), ByteBuffer.allocate(size)};
          scene.note("scatter", () -> file.read(into) + told(into));
        }
      }
    }
    scene.note("content", () -> scene.content(scene.path("file")));
  }

  // ---- what is no regular file

  static void directories(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(Files.createDirectory(scene.path("directory")), READ);
    read(scene, "read", file, ByteBuffer.allocate(4));
    read(scene, "read nothing", file, ByteBuffer.allocate(0));
    read(scene, "read at", file, ByteBuffer.allocate(4), 0);
    scene.note("scatter", () -> file.read(ByteBuffer.allocate(4), ByteBuffer.allocate(4)));
    scene.note("position", file::position);
    scene.noteAct("force", () -> file.force(true));
  }

  static void devices(FileScene scene) throws IOException {
    FileSubject.File full = scene.open(Path.of("/dev/full"), READ, WRITE);
    write(scene, "write to a full one", full, bytes(10));
    write(scene, "much", full, bytes(MUCH));
    write(scene, "write at", full, bytes(10), 5);
    write(scene, "nothing", full, bytes(0));
    scene.note("gather", () -> full.write(bytes(3), bytes(4)));
    read(scene, "read", full, ByteBuffer.allocate(10_000));
    FileSubject.File zero = scene.open(Path.of("/dev/zero"), READ);
    read(scene, "zeros", zero, ByteBuffer.allocate(10));
    read(scene, "zeros at", zero, ByteBuffer.allocate(10), 100);
    scene.note("scattered zeros", () -> zero.read(ByteBuffer.allocate(3), ByteBuffer.allocate(4)));
    FileSubject.File sink = scene.open(Path.of("/dev/null"), READ, WRITE);
    read(scene, "nothing", sink, ByteBuffer.allocate(10));
    write(scene, "into nothing", sink, bytes(MUCH));
    scene.note("position", () -> sink.position(5) + " " + sink.position());
    scene.note("size", sink::size);
    scene.note("truncate", () -> sink.truncate(0));
    scene.noteAct("force", () -> sink.force(true));
    read(scene, "a file without a size", scene.open(Path.of("/proc/sys/kernel/ostype")), ByteBuffer.allocate(100));
  }

  static void aNamedPipe(FileScene scene) throws IOException, InterruptedException {
    Path path = scene.path("pipe");
    new ProcessBuilder("mkfifo", path.toString()).start().waitFor();
    FileSubject.File pipe = scene.open(path, READ, WRITE);
    scene.note("write", () -> pipe.write(bytes(100)));
    scene.note("read", () -> pipe.read(ByteBuffer.allocate(30)));
    scene.note("read more than there is", () -> pipe.read(ByteBuffer.allocate(3000)));
    scene.note("gather", () -> pipe.write(bytes(10), bytes(20)));
    scene.note("scatter", () -> pipe.read(ByteBuffer.allocate(4), ByteBuffer.allocate(200_000)));
    scene.note("position", pipe::position);
    scene.note("set position", () -> pipe.position(4));
    scene.note("read at", () -> pipe.read(ByteBuffer.allocate(4), 0));
    scene.note("write at", () -> pipe.write(bytes(4), 0));
    scene.note("size", pipe::size);
    scene.note("truncate", () -> pipe.truncate(0));
    scene.noteAct("force", () -> pipe.force(true));
    if (!scene.isVirtual()) {
      // The JDK's close waits for ever for a virtual thread that reads.
      FileScene.Running reader = scene.running(() -> pipe.read(ByteBuffer.allocate(10)));
      Waits.awaitIn(scene.subject(), reader.thread);
      pipe.close();
      scene.note("a read that waits when it is closed", reader::end);
    }
  }

  // ---- streams

  static void streamsOverTheChannel(FileScene scene) throws IOException {
    Path path = scene.path("file");
    try (var out = Channels.newOutputStream(scene.open(path, CREATE, WRITE).channel())) {
      out.write(FileScene.pattern(MUCH));
      out.write(7);
    }
    FileSubject.File file = scene.open(path, READ);
    var in = Channels.newInputStream(file.channel());
    scene.note("one", in::read);
    scene.note("available", in::available);
    scene.note("skip", () -> in.skip(1000) + " " + file.position());
    scene.note("all", () -> in.readAllBytes().length + " " + file.position());
    scene.note("end", in::read);
    scene.noteAct("close", in::close);
    scene.note("closed", file::isOpen);
    scene.note("content", () -> scene.content(path));
  }
}
