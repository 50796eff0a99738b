package io.loomring.samples;

import io.loomring.error.UringUnavailableException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Starts the sample program that the first argument names; the {@code loomring} script calls this. */
public final class Loomring {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  private Loomring() {}

  /** A program that can be started by name. */
  interface Command {
    /** What {@code --help} prints. */
    String help();

    /** The flags that it takes with a value. */
    Set<String> flags();

    /** The flags that it takes without a value. */
    default Set<String> switches() {
      return Set.of();
    }

    /** How many operands it takes, beside flags, at most. */
    default int maxOperands() {
      return 0;
    }

    /** Runs it; the answer is the exit status. Failures that were expected have been reported by then. */
    int run(Arguments arguments) throws UsageException;
  }

  /** Runs a command and exits with its status: 0 done, 1 failed, 2 wrong arguments, and what its help says. */
  public static void main(String[] args) {
    System.exit(run(Arrays.asList(args)));
  }

  /** The same without the exit. */
  static int run(List<String> args) {
    String name = args.isEmpty() ? "" : args.getFirst();
    Command command = command(name);
    if (command == null) {
      complain("loomring", name.isEmpty() ? "no command" : "unknown command '" + name + "'");
      return USAGE;
    }
    List<String> words = args.subList(1, args.size());
    if (words.contains("--help") || words.contains("-h")) {
      System.out.print(command.help());
      return OK;
    }
    try {
      return command.run(Arguments.parse(words, command.flags(), command.switches(), command.maxOperands()));
    } catch (UsageException e) {
      complain(name, e.getMessage() + "; ./loomring " + name + " --help lists the flags");
      return USAGE;
    } catch (InvalidPathException e) {
      complain(name, e.getInput() + ": no name of a file in this locale; LC_ALL=C.UTF-8 has most");
      return USAGE;
    } catch (UringUnavailableException e) {
      complain(name, String.valueOf(e.getMessage()));
      if (command.flags().contains("--transport")) {
        complain(name, "--transport jdk runs it on the JDK's own sockets");
      }
      return FAILED;
    }
  }

  static @Nullable Command command(String name) {
    return switch (name) {
      case "demo" -> new Demo();
      case "echo-server" -> new EchoServerCommand();
      case "echo-client" -> new EchoClient();
      case "ops" -> new Ops();
      case "soak" -> new Soak();
      case "proxy" -> new Proxy();
      case "http" -> new Http();
      case "tls-echo" -> new TlsEcho();
      case "jdbc" -> new Jdbc();
      case "chat" -> new Chat();
      case "checksum" -> new Checksum();
      case "copy" -> new Copy();
      case "health" -> new Health();
      case "custom-op" -> new CustomOp();
      case "watch" -> new Watch();
      case "doctor" -> new DoctorCommand();
      case "top" -> new TopCommand();
      default -> null;
    };
  }

  /** Why a file could not be had, in words: some exceptions have its name and nothing else. */
  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> missing.getFile() + ": no such file or directory";
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      default -> String.valueOf(e.getMessage());
    };
  }

  /** One line on standard error. */
  static void complain(String command, String message) {
    System.err.println(command + ": " + message);
  }
}
