package io.loomring.net;

import io.loomring.net.Scene.Blocked;
import io.loomring.net.SocksServer.Manner;
import io.loomring.op.OperationKind;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Scenarios of sockets that go through a proxy, by what they were made with or by the system's settings. */
final class ProxyScenarios {
  private static final AtomicInteger HOSTS = new AtomicInteger();
  private static final Map<String, Settings> SETTINGS = new ConcurrentHashMap<>();

  private ProxyScenarios() {}

  /** The proxies for a host that only one play knows, and what became of them. */
  private record Settings(String host, List<Proxy> proxies, List<String> failed) {}

  static {
    ProxySelector.setDefault(new PerHost(ProxySelector.getDefault()));
    Authenticator.setDefault(new Authenticator() {
      @Override
      protected PasswordAuthentication getPasswordAuthentication() {
        return "SOCKS5".equals(getRequestingProtocol())
            ? new PasswordAuthentication("ann", "sec\u00e9ret".toCharArray())
            : null;
      }
    });
  }

  /** Selects what {@link #SETTINGS} say, and leaves other hosts to the selector that was there before. */
  private static final class PerHost extends ProxySelector {
    private final ProxySelector others;

    PerHost(ProxySelector others) {
      this.others = others;
    }

    private static Settings of(URI uri) {
      return uri.getHost() == null ? null : SETTINGS.get(uri.getHost());
    }

    @Override
    public List<Proxy> select(URI uri) {
      Settings settings = of(uri);
      if (settings == null) {
        return others.select(uri);
      }
      if (settings.proxies == null) {
        throw new IllegalArgumentException("as wanted");
      }
      return settings.proxies;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
      of(uri).failed.add(uri.getScheme() + " " + failure);
    }
  }

  private static Settings settings(Proxy... proxies) {
    return settings(proxies == null ? null : Arrays.asList(proxies));
  }

  private static Settings settings(List<Proxy> proxies) {
    Settings settings = new Settings(
        "host" + (10_000_000 + HOSTS.getAndIncrement()) + ".test", proxies, Collections.synchronizedList(new ArrayList<>()));
    SETTINGS.put(settings.host, settings);
    return settings;
  }

  private static SocksServer server(Scene scene, Manner manner, int code) throws IOException {
    return scene.track(new SocksServer(manner, code));
  }

  private static Proxy socks(SocksServer server) throws IOException {
    return socks(server.address());
  }

  private static Proxy socks(InetSocketAddress address) {
    return new Proxy(Proxy.Type.SOCKS, address);
  }

  private static InetSocketAddress unresolved(Settings settings, ServerSocket other) {
    return InetSocketAddress.createUnresolved(settings.host, other.getLocalPort());
  }

  private static InetSocketAddress resolved(Settings settings, String address, ServerSocket other) throws IOException {
    return new InetSocketAddress(
        InetAddress.getByAddress(settings.host, InetAddress.getByName(address).getAddress()), other.getLocalPort());
  }

  /** Hosts have other numbers with each play. */
  private static String plain(Object text) {
    return String.valueOf(text).replaceAll("host\\d{8}", "hostN");
  }

  /** Connects, and moves a byte each way where that succeeds. */
  private static void noteConnect(Scene scene, String what, Socket mine, InetSocketAddress to, ServerSocket other)
      throws Exception {
    scene.note(what, () -> {
      try {
        mine.connect(to, 20_000);
        return "connected";
      } catch (IOException failed) {
        return plain(failed.getClass().getName() + ": " + failed.getMessage());
      }
    });
    scene.note("closed", mine::isClosed);
    if (mine.isConnected() && !mine.isClosed()) {
      try (Socket peer = other.accept()) {
        scene.note("text", () -> plain(mine));
        scene.note("remote", () -> plain(mine.getRemoteSocketAddress()));
        scene.note("address", () -> plain(mine.getInetAddress()));
        scene.note("port", () -> mine.getPort() == other.getLocalPort());
        scene.note("local", () -> mine.getLocalAddress() + " " + (mine.getLocalPort() > 0));
        scene.note("timeout", mine::getSoTimeout);
        mine.getOutputStream().write(7);
        scene.note("the peer reads", peer.getInputStream()::read);
        peer.getOutputStream().write(8);
        peer.shutdownOutput();
        scene.note("read", () -> Arrays.toString(mine.getInputStream().readAllBytes()));
      }
    }
  }

  static void aSocketGoesThroughTheProxyOfTheSettings(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    for (Manner manner : new Manner[] {Manner.OPEN, Manner.PASSWORD, Manner.NAMES_ITSELF, Manner.BY_VERSION_6}) {
      SocksServer server = server(scene, manner, 0);
      Settings settings = settings(socks(server));
      noteConnect(scene, manner + " by name", scene.socket(), unresolved(settings, other), other);
      noteConnect(scene, manner + " by version 4", scene.socket(), resolved(settings, "192.0.2.7", other), other);
      noteConnect(scene, manner + " by version 6", scene.socket(), resolved(settings, "2001:db8::1", other), other);
      scene.note("told", () -> plain(server.told()));
      scene.note("failed", settings.failed::toString);
    }
  }

  static void aServerOfTheOlderVersion(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    SocksServer server = server(scene, Manner.VERSION_4, 0);
    Settings settings = settings(socks(server));
    noteConnect(scene, "by name", scene.socket(), unresolved(settings, other), other);
    noteConnect(scene, "by version 4", scene.socket(), resolved(settings, "192.0.2.7", other), other);
    noteConnect(scene, "by version 6", scene.socket(), resolved(settings, "2001:db8::1", other), other);
    for (int code : new int[] {91, 92, 93, 94}) {
      Settings refusing = settings(socks(server(scene, Manner.REFUSES_BY_VERSION_4, code)));
      noteConnect(scene, "code " + code, scene.socket(), resolved(refusing, "192.0.2.7", other), other);
    }
    scene.note("told", () -> plain(server.told()));
  }

  static void aServerThatRefuses(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    for (int code = 1; code <= 8; code++) {
      Settings settings = settings(socks(server(scene, Manner.REFUSES, code)));
      noteConnect(scene, "code " + code, scene.socket(), unresolved(settings, other), other);
    }
    Settings password = settings(socks(server(scene, Manner.PASSWORD, 1)));
    noteConnect(scene, "wrong password", scene.socket(), unresolved(password, other), other);
    for (Manner manner : new Manner[] {
        Manner.NO_METHOD, Manner.UNKNOWN_METHOD, Manner.NAMELESS, Manner.GONE_AT_ONCE}) {
      Settings settings = settings(socks(server(scene, manner, 0)));
      noteConnect(scene, manner.name(), scene.socket(), unresolved(settings, other), other);
      scene.note("failed", settings.failed::toString);
    }
  }

  static void whatTheSettingsMaySay(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(9);
    Proxy working = socks(server(scene, Manner.OPEN, 0));
    Proxy refused = socks(scene.nobody());
    Proxy unknown = socks(InetSocketAddress.createUnresolved(Scene.NO_NAME, 1));
    Proxy http = new Proxy(Proxy.Type.HTTP, scene.nobody());
    Map<String, Settings> all = Map.of(
        "1 working", settings(working),
        "2 refused", settings(refused),
        "3 refused, working", settings(refused, working),
        "4 unknown", settings(unknown),
        "5 refused, direct", settings(refused, Proxy.NO_PROXY),
        "6 direct, working", settings(Proxy.NO_PROXY, working),
        "7 http", settings(http),
        "8 none", settings(List.of()),
        "9 fails", settings((List<Proxy>) null));
    for (String what : all.keySet().stream().sorted().toList()) {
      Settings settings = all.get(what);
      noteConnect(scene, what, scene.socket(), resolved(settings, "127.0.0.1", other), other);
      scene.note("failed", settings.failed::toString);
    }
    Settings direct = settings(Proxy.NO_PROXY);
    noteConnect(scene, "direct by name", scene.socket(), unresolved(direct, other), other);
  }

  static void namesThatNoUriMayHave(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    byte[] here = {127, 0, 0, 1};
    for (String name : new String[] {"under_score", "with space", "per%cent", "sla/sh", "::1", "a:b", "\u00e4.test"}) {
      noteConnect(scene, name, scene.socket(),
          new InetSocketAddress(InetAddress.getByAddress(name, here), other.getLocalPort()), other);
    }
  }

  static void socketsThatAreMadeForAProxy(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    SocksServer server = server(scene, Manner.OPEN, 0);
    Settings settings = settings(socks(scene.nobody()));
    Subject.Makers make = scene.streams();
    noteConnect(scene, "none", scene.track(make.socket(Proxy.NO_PROXY)), resolved(settings, "127.0.0.1", other), other);
    noteConnect(scene, "none, by name", scene.track(make.socket(Proxy.NO_PROXY)), unresolved(settings, other), other);
    noteConnect(scene, "SOCKS", scene.track(make.socket(socks(server))), unresolved(settings, other), other);
    noteConnect(
        scene, "refused", scene.track(make.socket(socks(scene.nobody()))), unresolved(settings, other), other);
    Proxy unknown = socks(InetSocketAddress.createUnresolved(Scene.NO_NAME, 1));
    noteConnect(scene, "unknown", scene.track(make.socket(unknown)), unresolved(settings, other), other);
    Proxy http = new Proxy(Proxy.Type.HTTP, scene.nobody());
    noteConnect(scene, "HTTP", scene.track(make.socket(http)), unresolved(settings, other), other);
    scene.note("null", () -> make.socket((Proxy) null));
    scene.note("told", () -> plain(server.told()));
    scene.note("failed", settings.failed::toString);
  }

  static void aServerThatIsSilent(Scene scene) throws Exception {
    ServerSocket other = scene.otherListening(5);
    SocksServer server = server(scene, Manner.SILENT, 0);
    Settings settings = settings(socks(server));
    InetSocketAddress to = unresolved(settings, other);
    Socket limited = scene.socket();
    scene.noteAct("connect with a timeout", () -> limited.connect(to, 2_000));
    Scene.until("the server has been told", () -> server.told().size() == 1);
    scene.note("closed", limited::isClosed);
    for (boolean interrupted : scene.isVirtual() ? new boolean[] {false, true} : new boolean[] {false}) {
      Socket mine = scene.socket();
      int before = server.told().size();
      Blocked connecter = scene.running(() -> {
        mine.connect(to);
        return "connected";
      });
      // Parked for the answer, and not for the connection.
      Scene.until("the server has been told", () -> server.told().size() > before);
      scene.subject().awaitBlocked(connecter.thread, OperationKind.RECV);
      if (interrupted) {
        connecter.thread.interrupt();
      } else {
        mine.close();
      }
      connecter.noteEnd("blocked connect");
      scene.note("closed", mine::isClosed);
    }
    scene.note("failed", settings.failed::toString);
  }
}
