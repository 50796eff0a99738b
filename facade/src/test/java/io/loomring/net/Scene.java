package io.loomring.net;

import io.loomring.op.OperationKind;
import io.loomring.testkit.Await;
import io.loomring.testkit.Connections;
import io.loomring.testkit.TestDriver;
import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * One run of a scenario: makes the sockets, and writes down what each call came to, so that the notes of two runs on
 * different subjects can be compared.
 */
final class Scene {
  /** What a scenario does. */
  interface Script {
    void play(Scene scene) throws Exception;
  }

  /** A call whose outcome is written down; it may throw anything. */
  interface Call {
    Object call() throws Exception;
  }

  /** The same for a call without a result. */
  interface Act {
    void act() throws Exception;
  }

  static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  /** How long to try to connect in vain: the JDK says nothing but the name where that has passed before it begins. */
  static final int CONNECT_MILLIS = 300;

  /** Nobody has this name, and nobody is asked for it over the network: no label of a name may have 64 bytes. */
  static final String NO_NAME = "x".repeat(64) + ".invalid";

  private final Subject subject;
  private final boolean virtual;
  private final List<String> notes = new ArrayList<>();
  private final Deque<Closeable> opened = new ArrayDeque<>();

  private Scene(Subject subject, boolean virtual) {
    this.subject = subject;
    this.virtual = virtual;
  }

  /** Plays the script on a thread of its own and answers the notes. */
  static List<String> play(Subject subject, boolean virtual, Script script) {
    Scene scene = new Scene(subject, virtual);
    Throwable[] failure = new Throwable[1];
    Thread actor = thread(virtual, () -> {
      try {
        script.play(scene);
      } catch (Throwable t) {
        failure[0] = t;
      }
    });
    Await.untilEnded(actor);
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

  boolean isVirtual() {
    return virtual;
  }

  /** Milliseconds: a platform thread has to time out; a virtual one must not, however late it comes to run. */
  int timeoutWhereAnInterruptIsIgnored(int millis) {
    return virtual ? 20_000 : millis;
  }

  Subject subject() {
    return subject;
  }

  // ---- sockets

  /** How stream sockets of the subject are made. */
  Subject.Makers streams() {
    return subject.streams();
  }

  /** Has something closed at the end. */
  synchronized <T extends Closeable> T track(T closeable) {
    opened.push(closeable);
    return closeable;
  }

  /** An unconnected socket of the subject. */
  Socket socket() throws IOException {
    return track(subject.streams().socket());
  }

  /** An unbound server socket of the subject. */
  ServerSocket serverSocket() throws IOException {
    return track(subject.streams().server());
  }

  /** A server socket of the subject on a free port of the loopback address. */
  ServerSocket listening() throws IOException {
    ServerSocket server = serverSocket();
    server.bind(new InetSocketAddress(LOOPBACK, 0));
    return server;
  }

  /** A datagram socket of the subject on a free port of the loopback address. */
  DatagramSocket datagrams() throws IOException {
    return datagrams(new InetSocketAddress(LOOPBACK, 0));
  }

  /** A datagram socket of the subject, not bound where {@code local} is null. */
  DatagramSocket datagrams(SocketAddress local) throws IOException {
    return track(subject.datagrams().datagrams(local));
  }

  /** A port that refuses datagrams, and that nobody else gets meanwhile: its socket takes those of a stranger only. */
  InetSocketAddress nobodyForDatagrams() throws IOException {
    DatagramSocket connected = otherDatagrams();
    connected.connect(LOOPBACK, 9);
    return new InetSocketAddress(LOOPBACK, connected.getLocalPort());
  }

  /** A datagram socket of the JDK's, for the other side. */
  DatagramSocket otherDatagrams() throws IOException {
    return track(new DatagramSocket(0, LOOPBACK));
  }

  /** A server socket of the JDK's, for the other side. */
  ServerSocket otherListening(int backlog) throws IOException {
    return track(new ServerSocket(0, backlog, LOOPBACK));
  }

  /** A port that nobody listens at, and that nobody else gets meanwhile. */
  InetSocketAddress nobody() throws IOException {
    Socket bound = track(new Socket());
    bound.bind(new InetSocketAddress(LOOPBACK, 0));
    return new InetSocketAddress(LOOPBACK, bound.getLocalPort());
  }

  /** A client of the subject and the peer, of the JDK's, that it is connected to. */
  Pair connected() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, LOOPBACK)) {
      Socket mine = socket();
      mine.connect(other.getLocalSocketAddress());
      return new Pair(mine, track(other.accept()));
    }
  }

  /** A socket that the subject accepted, and its peer. */
  Pair accepted() throws IOException {
    try (ServerSocket server = subject.streams().server()) {
      server.bind(new InetSocketAddress(LOOPBACK, 0));
      Socket peer = track(new Socket(LOOPBACK, server.getLocalPort()));
      return new Pair(track(server.accept()), peer);
    }
  }

  /** A listener that nobody can connect to any more, since its queue is full. */
  InetSocketAddress full() throws IOException {
    return new InetSocketAddress(LOOPBACK, otherFull().getLocalPort());
  }

  /** The listener itself, of the JDK's. When it is closed its port stays taken, or who connects still might reach another. */
  ServerSocket otherFull() throws IOException {
    // First, since it may not have a port at which connections of somebody else's listener are left.
    Socket keeper = track(new Socket());
    keeper.setOption(StandardSocketOptions.SO_REUSEPORT, true);
    keeper.bind(new InetSocketAddress(LOOPBACK, 0));
    ServerSocket other = track(new ServerSocket());
    other.setOption(StandardSocketOptions.SO_REUSEPORT, true);
    other.bind(keeper.getLocalSocketAddress(), 1);
    for (int i = 0; i < 2; i++) {
      track(new Socket(LOOPBACK, other.getLocalPort()));
    }
    Connections.awaitQueued(other.getLocalPort(), 2);
    return other;
  }

  record Pair(Socket mine, Socket peer) {}

  // ---- notes

  /** Makes the call and writes down what it answered or threw, and whether the thread is interrupted. */
  void note(String what, Call call) {
    note(what, outcome(call));
  }

  /** The same for a call without a result. */
  void noteAct(String what, Act act) {
    note(what, () -> {
      act.act();
      return "done";
    });
  }

  private synchronized void note(String what, String outcome) {
    notes.add(what + ": " + outcome);
  }

  private static String outcome(Call call) {
    String outcome;
    try {
      outcome = String.valueOf(call.call());
    } catch (Throwable thrown) {
      // What a NullPointerException says is the compiler's: the names of variables.
      outcome = thrown.getClass().getName()
          + (thrown instanceof NullPointerException ? "" : ": " + thrown.getMessage());
    }
    return outcome.replaceAll("port=[1-9]\\d*", "port=N").replaceAll(":[1-9]\\d{3,4}\\b", ":N")
        + (Thread.currentThread().isInterrupted() ? ", interrupted" : "");
  }

  // ---- threads

  private static Thread thread(boolean virtual, Runnable body) {
    return virtual ? TestDriver.startVirtual(body) : Thread.ofPlatform().daemon().start(body);
  }

  /** Makes a call on another thread of the same sort, and waits until it is blocked in {@code kind}. */
  Blocked blocked(OperationKind kind, Call call) {
    Blocked blocked = running(call);
    subject.awaitBlocked(blocked.thread, kind);
    return blocked;
  }

  /** Makes a call on another thread of the same sort. */
  Blocked running(Call call) {
    return new Blocked(call, virtual);
  }

  /** Makes a call on a platform thread: beside a virtual one of the JDK's that blocks its carrier, which it may need. */
  Blocked runningOnPlatform(Call call) {
    return new Blocked(call, false);
  }

  /** A call that another thread makes. */
  final class Blocked {
    private final String[] outcome = new String[1];
    final Thread thread;

    Blocked(Call call, boolean virtual) {
      thread = thread(virtual, () -> outcome[0] = outcome(call));
    }

    /** Waits for the call's end and writes down what it came to. */
    void noteEnd(String what) {
      Await.untilEnded(thread);
      note(what, outcome[0]);
    }
  }

  /** Waits until {@code condition} holds. */
  static void until(String what, Callable<Boolean> condition) {
    Await.until(what, condition);
  }
}
