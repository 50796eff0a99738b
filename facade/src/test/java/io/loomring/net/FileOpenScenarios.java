package io.loomring.net;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.DSYNC;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.SYNC;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Scenarios of opening and closing. */
final class FileOpenScenarios {
  private static final List<OpenOption> OPTIONS = List.of(
      READ, WRITE, APPEND, TRUNCATE_EXISTING, CREATE, CREATE_NEW, DELETE_ON_CLOSE, SPARSE, SYNC, DSYNC, NOFOLLOW_LINKS);

  private FileOpenScenarios() {}

  // ---- options

  /** Opens what is there, and what is not, with every set of so many options. */
  static void openWith(FileScene scene, int count) throws IOException {
    for (int set = 0; set < 1 << OPTIONS.size(); set++) {
      if (Integer.bitCount(set) == count) {
        Set<OpenOption> options = new HashSet<>();
        for (int i = 0; i < OPTIONS.size(); i++) {
          if ((set >> i & 1) != 0) {
            options.add(OPTIONS.get(i));
          }
        }
        for (String target : List.of("missing", "file", "directory", "link", "dangling")) {
          open(scene, target, options);
        }
      }
    }
  }

  private static void open(FileScene scene, String target, Set<OpenOption> options) throws IOException {
    Path path = scene.path(target);
    Files.deleteIfExists(path);
    Path linked = scene.file("linked", 10);
    switch (target) {
      case "file" -> scene.file(target, 10);
      case "directory" -> Files.createDirectory(path);
      case "link" -> Files.createSymbolicLink(path, linked);
      case "dangling" -> Files.createSymbolicLink(path, scene.path("nowhere"));
      default -> { }
    }
    scene.note(target + " " + options, () -> {
      try (FileSubject.File file = scene.subject().open(path, options)) {
        return state(scene, file, path);
      }
    });
    scene.note("afterwards", () ->
        Files.exists(path, LinkOption.NOFOLLOW_LINKS) + " " + Files.exists(scene.path("nowhere")));
    Files.deleteIfExists(scene.path("nowhere"));
  }

  private static String state(FileScene scene, FileSubject.File file, Path path) {
    List<String> state = new ArrayList<>();
    state.add(told(() -> Files.exists(path, LinkOption.NOFOLLOW_LINKS)));
    state.add(told(file::position));
    state.add(told(() -> Files.isDirectory(path) || file.size() >= 0));
    state.add(told(() -> file.read(ByteBuffer.allocate(3))));
    state.add(told(file::position));
    state.add(told(() -> file.write(ByteBuffer.wrap(new byte[] {7, 7}))));
    state.add(told(file::position));
    return state.toString();
  }

  private static String told(FileScene.Call call) {
    try {
      return String.valueOf(call.call());
    } catch (Exception thrown) {
      return thrown.toString();
    }
  }

  static void noOptionsOpenForReading(FileScene scene) throws IOException {
    FileSubject.File file = scene.open(scene.file("file", 5));
    scene.note("read", () -> file.read(ByteBuffer.allocate(9)));
    scene.note("write", () -> file.write(ByteBuffer.allocate(9)));
    scene.note("truncate", () -> file.truncate(1));
  }

  static void unknownAndMissingOptions(FileScene scene) throws IOException {
    Path path = scene.file("file", 5);
    scene.note("another's option", () -> scene.open(path, new OpenOption() {
      @Override
      public String toString() {
        return "OTHER";
      }
    }));
    scene.note("null", () -> scene.subject().open(path, new HashSet<>(Arrays.asList(READ, null))));
    scene.note("read and append", () -> scene.open(path, READ, APPEND));
    scene.note("append and truncate", () -> scene.open(path, APPEND, TRUNCATE_EXISTING));
  }

  // ---- names

  static void namesThatCannotBeOpened(FileScene scene) throws IOException {
    Path file = scene.file("file", 5);
    Files.createSymbolicLink(scene.path("loop"), scene.path("loop"));
    for (Path path : List.of(
        scene.path("none"),
        scene.path("none/below"),
        file.resolve("below"),
        scene.path("x".repeat(255)),
        scene.path("x".repeat(256)),
        scene.path("x/".repeat(2100)),
        scene.path("y\u00e4".repeat(2100)),
        scene.path("loop"),
        scene.path("loop/below"),
        scene.path("."),
        scene.path("new/."),
        Path.of(""),
        Path.of("."),
        Path.of("/"),
        Path.of("none-here"),
        Path.of("/proc/sys/kernel/ostype"),
        Path.of("/dev/none"))) {
      scene.note(path + " to read", () -> opens(scene, path, READ));
      scene.note(path + " to write", () -> opens(scene, path, WRITE));
      scene.note(path + " to read, not following", () -> opens(scene, path, READ, NOFOLLOW_LINKS));
      if (path.startsWith(scene.path("")) || path.startsWith("/proc")) {
        scene.note(path + " to make new", () -> opens(scene, path, WRITE, CREATE_NEW));
      }
    }
  }

  private static String opens(FileScene scene, Path path, OpenOption... options) throws IOException {
    try (FileSubject.File file = scene.subject().open(path, Set.of(options))) {
      return "open " + file.isOpen();
    }
  }

  static void namesWithOddCharacters(FileScene scene) throws IOException {
    for (String name : List.of("a b", "\u00e4\u00f6\u00fc", "a?b", "\ud83d\ude00", "-", "tab\tline\n", "%20", "\\")) {
      Path path = scene.path(name);
      scene.note(name, () -> opens(scene, path, WRITE, CREATE));
      scene.note(name + " is there", () -> Files.exists(path));
    }
  }

  // ---- attributes

  static void permissionsOfAFileThatIsMade(FileScene scene) {
    for (String permissions : List.of("rw-r-----", "r--------", "rwxrwxrwx", "---------", "-w--w--w-", "--x--x--x")) {
      Path path = scene.path(permissions);
      FileAttribute<?> attribute = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
      scene.noteAct(permissions, () -> scene.subject().open(path, Set.of(WRITE, CREATE_NEW), attribute).close());
      scene.note("it has", () -> PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
    }
    scene.noteAct("none", () -> scene.subject().open(scene.path("none"), Set.of(WRITE, CREATE)).close());
    scene.note("it has", () -> PosixFilePermissions.toString(Files.getPosixFilePermissions(scene.path("none"))));
    scene.note("another attribute", () -> scene.subject().open(scene.path("other"), Set.of(WRITE, CREATE), other()));
    scene.note("made", () -> Files.exists(scene.path("other")));
  }

  private static FileAttribute<Integer> other() {
    return new FileAttribute<>() {
      @Override
      public String name() {
        return "basic:size";
      }

      @Override
      public Integer value() {
        return 7;
      }
    };
  }

  // ---- closing

  static void whatIsDeletedOnCloseIsUsableUntilThen(FileScene scene) throws IOException {
    Path path = scene.path("file");
    FileSubject.File file = scene.open(path, READ, WRITE, CREATE, DELETE_ON_CLOSE);
    scene.note("there", () -> Files.exists(path));
    scene.note("write", () -> file.write(ByteBuffer.wrap(new byte[] {1, 2, 3})));
    scene.note("read", () -> file.read(ByteBuffer.allocate(9), 1));
    scene.noteAct("another one", () -> Files.createFile(path));
    scene.noteAct("close", file::close);
    scene.note("the other one is there", () -> Files.exists(path));
  }

  static void everyCallOnAClosedFile(FileScene scene) throws IOException {
    Path path = scene.file("file", 100);
    FileSubject.File other = scene.open(scene.file("other", 10), READ, WRITE);
    FileSubject.File file = scene.open(path, READ, WRITE);
    scene.noteAct("close", file::close);
    scene.noteAct("close again", file::close);
    scene.note("open", file::isOpen);
    calls(scene, file, other);
  }

  static void everyCallOnAFileForReadingOnly(FileScene scene) throws IOException {
    FileSubject.File other = scene.open(scene.file("other", 10), READ, WRITE);
    calls(scene, scene.open(scene.file("file", 100), READ), other);
  }

  static void everyCallOnAFileForWritingOnly(FileScene scene) throws IOException {
    FileSubject.File other = scene.open(scene.file("other", 10), READ, WRITE);
    calls(scene, scene.open(scene.file("file", 100), WRITE), other);
  }

  private static void calls(FileScene scene, FileSubject.File file, FileSubject.File other) {
    ByteBuffer[] two = {ByteBuffer.allocate(2), ByteBuffer.allocate(2)};
    scene.note("read", () -> file.read(ByteBuffer.allocate(4)));
    scene.note("read nothing", () -> file.read(ByteBuffer.allocate(0)));
    scene.note("read at", () -> file.read(ByteBuffer.allocate(4), 2));
    scene.note("read before", () -> file.read(ByteBuffer.allocate(4), -2));
    scene.note("scatter", () -> file.read(two, 0, 2));
    scene.note("scatter outside", () -> file.read(two, 1, 2));
    scene.note("scatter into null", () -> file.read((ByteBuffer[]) null));
    scene.note("read at into null", () -> file.read(null, -1));
    scene.note("write", () -> file.write(ByteBuffer.allocate(4)));
    scene.note("write nothing", () -> file.write(ByteBuffer.allocate(0)));
    scene.note("write at", () -> file.write(ByteBuffer.allocate(4), 2));
    scene.note("write before", () -> file.write(ByteBuffer.allocate(4), -2));
    scene.note("gather", () -> file.write(new ByteBuffer[] {ByteBuffer.allocate(1), ByteBuffer.allocate(2)}, 0, 2));
    scene.note("gather outside", () -> file.write(two, -1, 2));
    scene.note("position", file::position);
    scene.note("set position", () -> file.position(3));
    scene.note("set position before", () -> file.position(-3));
    scene.note("size", file::size);
    scene.note("truncate", () -> file.truncate(50));
    scene.note("truncate before", () -> file.truncate(-1));
    scene.noteAct("force", () -> file.force(true));
    scene.noteAct("force data", () -> file.force(false));
    scene.note("transfer to", () -> file.transferTo(0, 3, other.channel()));
    scene.note("transfer to before", () -> file.transferTo(-1, 3, other.channel()));
    scene.note("transfer less than nothing", () -> file.transferTo(1, -3, other.channel()));
    scene.note("transfer from", () -> file.transferFrom(other.channel(), 0, 3));
    scene.note("transfer from before", () -> file.transferFrom(other.channel(), -1, 3));
    scene.note("transfer to it", () -> other.transferTo(0, 3, file.channel()));
    scene.note("transfer from it", () -> other.transferFrom(file.channel(), 0, 3));
    scene.note("transfer to null", () -> file.transferTo(0, 3, null));
  }
}
