package io.loomring.interop;

import io.loomring.net.UringSocketFactory;
import io.loomring.testkit.Await;
import io.loomring.testkit.TestDriver;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.SocketFactory;

/** What a scenario plays on: its way to sockets, the arguments of the test, and where it notes what it saw. */
final class Scene {
  private static final long LIMIT_SECONDS = 60;

  private final Way way;
  private final String name;
  private final List<String> arguments;
  private final List<String> notes = new ArrayList<>();

  Scene(Way way, String name, List<String> arguments) {
    this.way = way;
    this.name = name;
    this.arguments = arguments;
  }

  /** A name that no other scenario has, and none on another way. */
  String name() {
    return name + "_" + way.name().toLowerCase(Locale.ROOT);
  }

  String argument(int index) {
    return arguments.get(index);
  }

  int port() {
    return Integer.parseInt(argument(0));
  }

  /** What the client is to make its sockets with. */
  SocketFactory sockets() {
    return way.sockets();
  }

  /** The factory's class name, unless the client is to be left as it is. */
  Optional<String> factoryName() {
    return way.hasFactory() ? Optional.of(UringSocketFactory.class.getName()) : Optional.empty();
  }

  /** Notes what has to be the same on every way. */
  void note(String what, Object saw) {
    notes.add((what + ": " + saw).replace("\n", "\\n"));
  }

  List<String> notes() {
    return notes;
  }

  /** A call in a thread of its own. */
  static final class Running<T> {
    final Thread thread;
    private final CompletableFuture<T> result;

    private Running(Thread thread, CompletableFuture<T> result) {
      this.thread = thread;
      this.result = result;
    }

    /** Waits until the thread is blocked on a socket. */
    void awaitBlockedOnSocket() {
      Await.until(() -> thread + " waits on no socket: " + Arrays.toString(thread.getStackTrace()), () -> {
        StackTraceElement[] stack = thread.getStackTrace();
        return Arrays.stream(stack).anyMatch(frame -> frame.getClassName().equals("io.loomring.net.UringSocketImpl")
            || frame.getClassName().equals("sun.nio.ch.NioSocketImpl"));
      });
      Await.untilParked(thread);
    }

    /** Waits for what it answers. */
    T answer() throws Exception {
      try {
        return result.get(LIMIT_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Exception cause) {
          throw cause;
        }
        throw e;
      } catch (TimeoutException e) {
        throw new AssertionError(thread + " did not end: " + Arrays.toString(thread.getStackTrace()), e);
      }
    }

    /** Waits for its failure, and describes it. */
    String failure() throws Exception {
      T answer;
      try {
        answer = answer();
      } catch (Exception e) {
        return describe(e);
      }
      throw new AssertionError("it did not fail but answered " + answer);
    }
  }

  /** Starts a call in a virtual thread. */
  <T> Running<T> start(Callable<T> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread = TestDriver.startVirtual(() -> {
      try {
        result.complete(call.call());
      } catch (Throwable e) {
        result.completeExceptionally(e);
      }
    });
    return new Running<>(thread, result);
  }

  /** Starts the same call in many virtual threads, each with its number, and waits for all. */
  <T> List<T> inThreads(int count, Numbered<T> call) throws Exception {
    List<Running<T>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      running.add(start(() -> call.call(number)));
    }
    List<T> answers = new ArrayList<>();
    for (Running<T> one : running) {
      answers.add(one.answer());
    }
    return answers;
  }

  /** A call in one of many threads. */
  interface Numbered<T> {
    T call(int number) throws Exception;
  }

  /** What a failure is: types, messages and SQL states, down to the first cause. */
  static String describe(Throwable failure) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      text.append(text.isEmpty() ? "" : ", caused by ").append(cause.getClass().getName());
      if (cause instanceof SQLException sql) {
        text.append(" [").append(sql.getSQLState()).append(']');
      }
      text.append(" \"").append(cause.getMessage()).append('"');
    }
    return text.toString();
  }

  /** Makes a call that has to fail, and describes how it did. */
  static String failureOf(Callable<?> call) {
    Object answer;
    try {
      answer = call.call();
    } catch (Exception e) {
      return describe(e);
    }
    throw new AssertionError("it did not fail but answered " + answer);
  }
}
