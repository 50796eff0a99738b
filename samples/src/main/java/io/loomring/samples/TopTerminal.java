package io.loomring.samples;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A terminal that shows one picture after the other, and is left as it was found: another screen is shown and the cursor
 * hidden meanwhile, and keys come one by one and are not printed. A picture is one write, over the one before it.
 */
final class TopTerminal {
  /** Columns and lines. */
  record Size(int columns, int lines) {}

  // The other screen, no cursor, and no wrapping; and back, with no colour.
  private static final String ENTER = "\033[?1049h\033[?25l\033[?7l\033[H\033[2J";
  private static final String LEAVE = "\033[0m\033[?7h\033[?25h\033[?1049l";
  // A terminal that knows these two shows nothing of what is between them before all of it is there; others ignore them.
  private static final String BEGIN = "\033[?2026h";
  private static final String END = "\033[?2026l";
  private static final String HOME = "\033[H";
  private static final String TO_THE_END_OF_THE_LINE = "\033[K";
  private static final String TO_THE_END_OF_THE_SCREEN = "\033[J";

  private static final int STANDARD_INPUT = 0;
  private static final int STANDARD_OUTPUT = 1;

  private final FileOutputStream output = new FileOutputStream(FileDescriptor.out);
  private final boolean colourful;

  // Under this.
  private boolean entered;
  private byte @Nullable [] settings;

  TopTerminal(boolean colourful) {
    this.colourful = colourful;
  }

  /** Whether standard output is a terminal. */
  static boolean isThere() {
    return Native.isTerminal(STANDARD_OUTPUT);
  }

  /** How large the terminal is; 80 columns of 24 lines where it does not say. */
  static Size size() {
    return Native.size(STANDARD_OUTPUT);
  }

  /** Stops this process, until it is told to go on. */
  static void stopThisProcess() {
    Native.stop();
  }

  /** Takes the terminal over. */
  synchronized void enter() {
    if (!entered) {
      entered = true;
      settings = Native.quietKeys(STANDARD_INPUT);
      write(ENTER);
    }
  }

  /** Gives it back as it was; pictures are not shown any more. Does nothing where it was not taken. */
  synchronized void leave() {
    if (entered) {
      entered = false;
      byte[] before = settings;
      if (before != null) {
        Native.restore(STANDARD_INPUT, before);
      }
      write(LEAVE);
    }
  }

  /** Shows a picture of a screen that is {@code width} columns wide. */
  synchronized void show(List<TopScreen.Line> lines, int width) {
    if (entered) {
      write(picture(lines, width, colourful));
    }
  }

  /** The bytes of a picture: it is drawn over the one before, so nothing is blank in between. */
  static String picture(List<TopScreen.Line> lines, int width, boolean colourful) {
    StringBuilder text = new StringBuilder(BEGIN).append(HOME);
    for (int i = 0; i < lines.size(); i++) {
      TopScreen.Line line = lines.get(i);
      boolean isLast = i == lines.size() - 1;
      String shown = dressed(line, width, colourful);
      // The cursor stays on the last character of a full line, so what is behind it is erased before it is drawn.
      boolean isFull = line.text().length() >= width || colourful && line.style() == TopScreen.Style.HEAD;
      String erasure = isLast ? TO_THE_END_OF_THE_SCREEN : isFull ? "" : TO_THE_END_OF_THE_LINE;
      text.append(i == 0 ? "" : "\r\n").append(isFull ? erasure : "").append(shown).append(isFull ? "" : erasure);
    }
    return text.append(END).toString();
  }

  /** A line as it looks on a terminal of {@code width} columns. */
  static String dressed(TopScreen.Line line, int width, boolean colourful) {
    String begin = !colourful ? "" : switch (line.style()) {
      case TITLE -> "\033[1m";
      case HEAD -> "\033[7m";
      case FOOT -> "\033[2m";
      case PLAIN -> "";
    };
    if (begin.isEmpty()) {
      return line.text();
    }
    // Heads are bars from one side to the other.
    int rest = line.style() == TopScreen.Style.HEAD ? Math.max(0, width - line.text().length()) : 0;
    return begin + line.text() + " ".repeat(rest) + "\033[0m";
  }

  private void write(String text) {
    try {
      output.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Calls of the C library that the JDK has no others for. */
  private static final class Native {
    private static final long GET_WINDOW_SIZE = 0x5413;
    private static final int SETTINGS_BYTES = 256; // more than any struct termios has
    private static final int LOCAL_FLAGS = 12;
    private static final int ECHO_AND_CANONICAL = 0x8 | 0x2;
    private static final int NOW = 0;
    private static final int SIGSTOP = 19;
    private static final Size UNKNOWN = new Size(80, 24);

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle ISATTY = find("isatty", 0, ValueLayout.JAVA_INT);
    private static final MethodHandle IOCTL =
        find("ioctl", 2, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
    private static final MethodHandle TCGETATTR = find("tcgetattr", 0, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
    private static final MethodHandle TCSETATTR =
        find("tcsetattr", 0, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS);

    private static final MethodHandle RAISE = find("raise", 0, ValueLayout.JAVA_INT);

    private static MethodHandle find(String name, int variadicFrom, java.lang.foreign.MemoryLayout... arguments) {
      FunctionDescriptor function = FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments);
      MemorySegment address = LINKER.defaultLookup().findOrThrow(name);
      return variadicFrom == 0
          ? LINKER.downcallHandle(address, function)
          : LINKER.downcallHandle(address, function, Linker.Option.firstVariadicArg(variadicFrom));
    }

    static boolean isTerminal(int fd) {
      return call(ISATTY, fd) == 1;
    }

    static Size size(int fd) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment answer = arena.allocate(8, 8);
        if (call(IOCTL, fd, GET_WINDOW_SIZE, answer) != 0) {
          return UNKNOWN;
        }
        int lines = Short.toUnsignedInt(answer.get(ValueLayout.JAVA_SHORT, 0));
        int columns = Short.toUnsignedInt(answer.get(ValueLayout.JAVA_SHORT, 2));
        return lines == 0 || columns == 0 ? UNKNOWN : new Size(columns, lines);
      }
    }

    /** Has keys come at once, and unseen; answers the settings before, or null where it is no terminal. */
    static byte @Nullable [] quietKeys(int fd) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment now = arena.allocate(SETTINGS_BYTES, 8);
        if (call(TCGETATTR, fd, now) != 0) {
          return null;
        }
        byte[] before = now.toArray(ValueLayout.JAVA_BYTE);
        int flags = now.get(ValueLayout.JAVA_INT, LOCAL_FLAGS);
        now.set(ValueLayout.JAVA_INT, LOCAL_FLAGS, flags & ~ECHO_AND_CANONICAL);
        return call(TCSETATTR, fd, NOW, now) == 0 ? before : null;
      }
    }

    static void restore(int fd, byte[] before) {
      try (Arena arena = Arena.ofConfined()) {
        int ignored = call(TCSETATTR, fd, NOW, arena.allocateFrom(ValueLayout.JAVA_BYTE, before));
      }
    }

    static void stop() {
      // Not kill: it may have another thread stop first, and return before this one does.
      int ignored = call(RAISE, SIGSTOP);
    }

    private static int call(MethodHandle function, Object... arguments) {
      try {
        return (int) function.invokeWithArguments(arguments);
      } catch (Throwable impossible) {
        throw new IllegalStateException(impossible);
      }
    }
  }
}
