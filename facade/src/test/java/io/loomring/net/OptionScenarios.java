package io.loomring.net;

import io.loomring.net.Scene.Pair;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Scenarios of the options, by both interfaces. */
final class OptionScenarios {
  private OptionScenarios() {}

  private interface Getter {
    Object get(SocketOption<?> option) throws IOException;
  }

  private interface Setter {
    void set(SocketOption<Object> option, Object value) throws IOException;
  }

  static void everyOptionOfAClient(Scene scene) throws Exception {
    Socket mine = scene.socket();
    everyOption(scene, mine.supportedOptions(), mine::getOption, mine::setOption);
  }

  static void everyOptionOfAServer(Scene scene) throws Exception {
    ServerSocket server = scene.serverSocket();
    everyOption(scene, server.supportedOptions(), server::getOption, server::setOption);
  }

  static void optionsOfAConnectedSocket(Scene scene) throws Exception {
    Pair pair = scene.connected();
    for (SocketOption<?> option : sorted(pair.mine().supportedOptions())) {
      if (option != StandardSocketOptions.SO_RCVBUF && !option.name().equals("TCP_QUICKACK")) {
        scene.note(option + " is", () -> pair.mine().getOption(option));
      }
    }
    setAndGet(scene, StandardSocketOptions.IP_TOS, 0x20, pair.mine()::getOption, pair.mine()::setOption);
    pair.mine().close();
    for (SocketOption<?> option : sorted(pair.mine().supportedOptions())) {
      scene.note(option + " after close", () -> pair.mine().getOption(option));
    }
    scene.noteAct("set after close", () -> pair.mine().setOption(StandardSocketOptions.SO_KEEPALIVE, true));
  }

  private static List<SocketOption<?>> sorted(Set<SocketOption<?>> options) {
    return options.stream().sorted(Comparator.comparing(SocketOption::name)).toList();
  }

  private static void everyOption(Scene scene, Set<SocketOption<?>> supported, Getter getter, Setter setter) {
    List<SocketOption<?>> options = sorted(supported);
    scene.note("options", () -> options);
    scene.noteAct("read-only set", () -> supported.clear());
    for (SocketOption<?> option : options) {
      scene.note(option + " is", () -> getter.get(option));
      if (option.type() == Boolean.class) {
        setAndGet(scene, option, true, getter, setter);
        setAndGet(scene, option, false, getter, setter);
        setAndGet(scene, option, 1, getter, setter);
      } else {
        for (int value : new int[] {5, 30_000, 255, 256, 0, -1, -7, 70_000, 100}) {
          setAndGet(scene, option, value, getter, setter);
        }
        setAndGet(scene, option, true, getter, setter);
        setAndGet(scene, option, 1L, getter, setter);
      }
      setAndGet(scene, option, null, getter, setter);
    }
    for (SocketOption<?> other : List.of(
        StandardSocketOptions.IP_MULTICAST_TTL, StandardSocketOptions.SO_BROADCAST, StandardSocketOptions.SO_LINGER,
        StandardSocketOptions.SO_SNDBUF)) {
      if (!supported.contains(other)) {
        setAndGet(scene, other, 1, getter, setter);
      }
    }
    scene.note("null", () -> getter.get(null));
    setAndGet(scene, null, 1, getter, setter);
  }

  @SuppressWarnings("unchecked")
  private static void setAndGet(Scene scene, SocketOption<?> option, Object value, Getter getter, Setter setter) {
    scene.noteAct(option + " := " + value, () -> setter.set((SocketOption<Object>) option, value));
    scene.note(option + " is then", () -> getter.get(option));
  }

  static void theSettersOfASocket(Scene scene) throws Exception {
    Socket mine = scene.socket();
    scene.noteAct("no delay", () -> mine.setTcpNoDelay(true));
    scene.note("no delay", mine::getTcpNoDelay);
    scene.noteAct("keep alive", () -> mine.setKeepAlive(true));
    scene.note("keep alive", mine::getKeepAlive);
    scene.noteAct("inline", () -> mine.setOOBInline(true));
    scene.note("inline", mine::getOOBInline);
    scene.noteAct("reuse", () -> mine.setReuseAddress(true));
    scene.note("reuse", mine::getReuseAddress);
    for (int seconds : new int[] {3, 0, 65_535, 65_536, 1_000_000, -1}) {
      scene.noteAct("linger " + seconds, () -> mine.setSoLinger(true, seconds));
      scene.note("linger", mine::getSoLinger);
    }
    scene.noteAct("no linger", () -> mine.setSoLinger(false, 9));
    scene.note("linger", mine::getSoLinger);
    for (int bytes : new int[] {1, 1023, 5000, 100_000, 0, -1}) {
      scene.noteAct("send buffer " + bytes, () -> mine.setSendBufferSize(bytes));
      scene.note("send buffer", mine::getSendBufferSize);
      scene.noteAct("receive buffer " + bytes, () -> mine.setReceiveBufferSize(bytes));
      scene.note("receive buffer", mine::getReceiveBufferSize);
    }
    for (int trafficClass : new int[] {0x10, 0xFF, 0, 256, -1}) {
      scene.noteAct("traffic class " + trafficClass, () -> mine.setTrafficClass(trafficClass));
      scene.note("traffic class", mine::getTrafficClass);
    }
    scene.noteAct("timeout", () -> mine.setSoTimeout(77));
    scene.note("timeout", mine::getSoTimeout);
    scene.noteAct("performance", () -> mine.setPerformancePreferences(0, 1, 2));
    mine.close();
    scene.noteAct("no delay after close", () -> mine.setTcpNoDelay(true));
    scene.noteAct("linger after close", () -> mine.setSoLinger(true, 1));
    scene.noteAct("timeout after close", () -> mine.setSoTimeout(1));
    scene.noteAct("send buffer after close", () -> mine.setSendBufferSize(1000));
    scene.noteAct("traffic class after close", () -> mine.setTrafficClass(1));
  }

  static void theSettersOfAServerSocket(Scene scene) throws Exception {
    ServerSocket server = scene.serverSocket();
    scene.noteAct("no reuse", () -> server.setReuseAddress(false));
    scene.note("reuse", server::getReuseAddress);
    scene.noteAct("receive buffer", () -> server.setReceiveBufferSize(40_000));
    scene.note("receive buffer", server::getReceiveBufferSize);
    scene.noteAct("timeout", () -> server.setSoTimeout(12));
    scene.note("timeout", server::getSoTimeout);
    server.close();
    scene.noteAct("reuse after close", () -> server.setReuseAddress(true));
    scene.note("receive buffer after close", server::getReceiveBufferSize);
  }
}
