package io.loomring.net;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Comparator;
import java.util.List;
import jdk.net.ExtendedSocketOptions;

/** Scenarios of the options of datagram sockets, and of multicast. */
final class DatagramOptionScenarios {
  private static final int TIMEOUT_MILLIS = 20;

  private DatagramOptionScenarios() {}

  private static List<SocketOption<?>> sorted(DatagramSocket socket) {
    return socket.supportedOptions().stream()
        .sorted(Comparator.comparing((SocketOption<?> option) -> option.name()))
        .toList();
  }

  static void everyOptionHasTheSameDefault(Scene scene) throws Exception {
    for (SocketAddress local : new SocketAddress[] {null, new InetSocketAddress(0), new InetSocketAddress(Scene.LOOPBACK, 0)}) {
      DatagramSocket socket = scene.datagrams(local);
      scene.note("supported", () -> sorted(socket));
      for (SocketOption<?> option : sorted(socket)) {
        scene.note(option.name(), () -> socket.getOption(option));
      }
    }
  }

  @SuppressWarnings("unchecked")
  static void everyOptionTakesTheSameValues(Scene scene) throws Exception {
    DatagramSocket socket = scene.datagrams();
    for (SocketOption<?> option : sorted(socket)) {
      Object[] values = option.type() == Boolean.class
          ? new Object[] {true, false, null, 1}
          : new Object[] {1, 0, -1, 100, 255, 256, 5_000, null, true};
      for (Object value : values) {
        scene.noteAct("set " + option + " to " + value, () -> socket.setOption((SocketOption<Object>) option, value));
        scene.note("get " + option, () -> socket.getOption(option));
      }
    }
  }

  static void optionsThatAreNoneAreRefused(Scene scene) throws Exception {
    DatagramSocket socket = scene.datagrams();
    scene.note("get", () -> socket.getOption(StandardSocketOptions.TCP_NODELAY));
    scene.noteAct("set", () -> socket.setOption(StandardSocketOptions.TCP_NODELAY, true));
    scene.note("get null", () -> socket.getOption(null));
    scene.noteAct("set null", () -> socket.setOption(null, 1));
    socket.close();
    for (SocketOption<?> option : sorted(socket)) {
      scene.note("closed " + option, () -> socket.getOption(option));
    }
    scene.noteAct("set closed", () -> socket.setOption(StandardSocketOptions.SO_RCVBUF, 1));
  }

  static void theOldWayToSetOptions(Scene scene) throws Exception {
    DatagramSocket socket = scene.datagrams();
    for (int size : new int[] {-1, 0, 1, 5_000, 60_000}) {
      scene.noteAct("send buffer " + size, () -> socket.setSendBufferSize(size));
      scene.note("send buffer", socket::getSendBufferSize);
      scene.noteAct("receive buffer " + size, () -> socket.setReceiveBufferSize(size));
      scene.note("receive buffer", socket::getReceiveBufferSize);
    }
    for (int value : new int[] {-1, 0, 4, 16, 255, 256}) {
      scene.noteAct("traffic class " + value, () -> socket.setTrafficClass(value));
      scene.note("traffic class", socket::getTrafficClass);
    }
    scene.note("broadcast", socket::getBroadcast);
    socket.setBroadcast(false);
    scene.note("broadcast", socket::getBroadcast);
    scene.noteAct("send to all", () ->
        socket.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName("255.255.255.255"), 9)));
    scene.note("reuse", socket::getReuseAddress);
    socket.setReuseAddress(true);
    scene.note("reuse", socket::getReuseAddress);
    scene.note("channel", socket::getChannel);
    socket.close();
    scene.note("closed", socket::getBroadcast);
    scene.noteAct("set closed", () -> socket.setReuseAddress(true));
    scene.note("traffic class closed", socket::getTrafficClass);
    scene.noteAct("send buffer closed", () -> socket.setSendBufferSize(1));
  }

  static void oneAddressIsShared(Scene scene) throws Exception {
    DatagramSocket first = scene.datagrams(null);
    DatagramSocket second = scene.datagrams(null);
    first.setReuseAddress(true);
    second.setReuseAddress(true);
    first.bind(new InetSocketAddress(Scene.LOOPBACK, 0));
    scene.noteAct("second", () -> second.bind(first.getLocalSocketAddress()));
    scene.note("same port", () -> first.getLocalPort() == second.getLocalPort());
  }

  static void aGroupIsJoinedOnce(Scene scene) throws Exception {
    DatagramSocket socket = scene.datagrams(new InetSocketAddress(0));
    NetworkInterface loopback = NetworkInterface.getByInetAddress(Scene.LOOPBACK);
    for (String address : new String[] {"230.1.2.3", "ff02::1:2:3"}) {
      InetSocketAddress group = new InetSocketAddress(address, 0);
      scene.noteAct(address + " leave before", () -> socket.leaveGroup(group, loopback));
      scene.noteAct(address + " join", () -> socket.joinGroup(group, loopback));
      scene.noteAct(address + " join again", () -> socket.joinGroup(group, loopback));
      scene.noteAct(address + " leave", () -> socket.leaveGroup(group, loopback));
      scene.noteAct(address + " leave again", () -> socket.leaveGroup(group, loopback));
      scene.noteAct(address + " leave elsewhere", () -> socket.leaveGroup(group, null));
    }
    scene.noteAct("no group", () -> socket.joinGroup(new InetSocketAddress(Scene.LOOPBACK, 0), loopback));
    scene.noteAct("null", () -> socket.joinGroup(null, loopback));
    scene.noteAct("leave null", () -> socket.leaveGroup(null, loopback));
    scene.noteAct("unresolved", () -> socket.joinGroup(InetSocketAddress.createUnresolved("x.invalid", 0), loopback));
    scene.noteAct("another family", () -> socket.joinGroup(new SocketAddress() {}, loopback));
  }

  static void theOutgoingInterfaceIsTheDefault(Scene scene) throws Exception {
    DatagramSocket socket = scene.datagrams(new InetSocketAddress(0));
    NetworkInterface loopback = NetworkInterface.getByInetAddress(Scene.LOOPBACK);
    InetSocketAddress group = new InetSocketAddress("230.1.2.4", 0);
    scene.noteAct("none", () -> socket.setOption(StandardSocketOptions.IP_MULTICAST_IF, null));
    scene.noteAct("set", () -> socket.setOption(StandardSocketOptions.IP_MULTICAST_IF, loopback));
    scene.note("get", () -> socket.getOption(StandardSocketOptions.IP_MULTICAST_IF).equals(loopback));
    scene.noteAct("join", () -> socket.joinGroup(group, null));
    scene.noteAct("join by name", () -> socket.joinGroup(group, loopback));
    scene.noteAct("leave by name", () -> socket.leaveGroup(group, loopback));
  }

  static void membersHearWhatIsSentToTheGroup(Scene scene) throws Exception {
    NetworkInterface loopback = NetworkInterface.getByInetAddress(Scene.LOOPBACK);
    DatagramSocket member = scene.datagrams(new InetSocketAddress(0));
    member.setSoTimeout(TIMEOUT_MILLIS);
    DatagramSocket sender = scene.datagrams(new InetSocketAddress(Scene.LOOPBACK, 0));
    sender.setOption(StandardSocketOptions.IP_MULTICAST_IF, loopback);
    InetSocketAddress group = new InetSocketAddress("230.1.2.5", member.getLocalPort());
    member.joinGroup(group, loopback);
    scene.noteAct("send", () -> sender.send(new DatagramPacket("all".getBytes(), 3, group)));
    scene.note("receive", () -> received(member));
    sender.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false);
    scene.noteAct("send past ourselves", () -> sender.send(new DatagramPacket("all".getBytes(), 3, group)));
    scene.note("receive", () -> received(member));
    sender.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true);
    member.leaveGroup(group, loopback);
    scene.noteAct("send after that", () -> sender.send(new DatagramPacket("all".getBytes(), 3, group)));
    scene.note("receive", () -> received(member));
    scene.noteAct("fragments", () -> sender.setOption(ExtendedSocketOptions.IP_DONTFRAGMENT, true));
    scene.note("none", () -> sender.getOption(ExtendedSocketOptions.IP_DONTFRAGMENT));
  }

  private static String received(DatagramSocket on) throws Exception {
    DatagramPacket packet = new DatagramPacket(new byte[10], 10);
    on.receive(packet);
    return new String(packet.getData(), 0, packet.getLength()) + " from " + packet.getAddress();
  }
}
