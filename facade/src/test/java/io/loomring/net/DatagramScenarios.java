package io.loomring.net;

import io.loomring.net.Scene.Blocked;
import io.loomring.op.OperationKind;
import io.loomring.testkit.Connections;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;

/** Scenarios of sending and receiving datagrams, and of the ends of their sockets. */
final class DatagramScenarios {
  private static final int TIMEOUT_MILLIS = 20;
  private static final int MAX_DATAGRAM_BYTES = 65_507;

  private DatagramScenarios() {}

  private static DatagramPacket packet(int bytes) {
    return new DatagramPacket(new byte[bytes], bytes);
  }

  private static DatagramPacket packet(String text, DatagramSocket to) {
    return new DatagramPacket(text.getBytes(), text.length(), to.getLocalSocketAddress());
  }

  /** Receives, and says what the packet is afterwards. */
  private static String received(DatagramSocket on, DatagramPacket into) throws IOException {
    on.receive(into);
    return into.getLength() + " at " + into.getOffset() + " from " + into.getSocketAddress() + ": "
        + new String(into.getData(), into.getOffset(), into.getLength()) + "|"
        + Arrays.hashCode(into.getData());
  }

  static void datagramsKeepTheirBounds(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    for (String text : new String[] {"one", "", "three and more"}) {
      scene.noteAct("send", () -> mine.send(packet(text, peer)));
    }
    for (int i = 0; i < 3; i++) {
      scene.note("peer", () -> received(peer, packet(100)));
    }
    for (String text : new String[] {"four", "", "and six"}) {
      peer.send(packet(text, mine));
    }
    for (int i = 0; i < 3; i++) {
      scene.note("mine", () -> received(mine, packet(100)));
    }
  }

  static void whatDoesNotFitIsLost(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    for (int i = 0; i < 5; i++) {
      peer.send(packet("0123456789", mine));
    }
    scene.note("5", () -> received(mine, packet(5)));
    scene.note("0", () -> received(mine, packet(0)));
    scene.note("10", () -> received(mine, packet(10)));
    scene.note("at an offset", () -> received(mine, new DatagramPacket(new byte[20], 12, 4)));
    scene.note("1 MiB", () -> received(mine, packet(1 << 20)));
  }

  static void aPacketIsReceivedIntoAgainAndAgain(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket other = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    DatagramPacket packet = packet(20);
    for (String text : new String[] {"abc", "a longer one", "x", "one that is too long for it", "back to short"}) {
      peer.send(packet(text, mine));
      scene.note("again", () -> received(mine, packet));
    }
    peer.send(packet("by another socket", other));
    scene.note("another", () -> received(other, packet));
    packet.setLength(4);
    peer.send(packet("of which 4 fit", mine));
    scene.note("shortened", () -> received(mine, packet));
    packet.setData(new byte[9], 1, 8);
    peer.send(packet("12345", mine));
    peer.send(packet("of which 8 fit", mine));
    scene.note("other bytes", () -> received(mine, packet));
    scene.note("other bytes again", () -> received(mine, packet));
    peer.send(packet("echo", mine));
    scene.note("to be sent back", () -> received(mine, packet));
    scene.noteAct("back", () -> mine.send(packet));
    scene.note("peer", () -> received(peer, packet(100)));
    peer.send(packet("longer", mine));
    scene.note("after that", () -> received(mine, packet));
  }

  static void largeDatagramsPassUpToALimit(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    SocketAddress to = peer.getLocalSocketAddress();
    byte[] bytes = new byte[80_000];
    Arrays.fill(bytes, (byte) 'l');
    for (int length : new int[] {8_000, 40_000, MAX_DATAGRAM_BYTES, MAX_DATAGRAM_BYTES + 1, 70_000}) {
      scene.noteAct(length + " unconnected", () -> mine.send(new DatagramPacket(bytes, length, to)));
    }
    for (int i = 0; i < 3; i++) {
      scene.note("peer", () -> received(peer, packet(80_000)).length());
    }
    peer.send(new DatagramPacket(bytes, MAX_DATAGRAM_BYTES, mine.getLocalSocketAddress()));
    scene.note("mine", () -> received(mine, packet(70_000)).length());
    mine.connect(to);
    for (int length : new int[] {MAX_DATAGRAM_BYTES, MAX_DATAGRAM_BYTES + 1, 70_000}) {
      scene.noteAct(length + " connected", () -> mine.send(new DatagramPacket(bytes, length)));
    }
    scene.note("peer", () -> received(peer, packet(80_000)).length());
  }

  static void aReceiveTimesOutAndTheSocketGoesOn(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    scene.noteAct("negative", () -> mine.setSoTimeout(-1));
    mine.setSoTimeout(TIMEOUT_MILLIS);
    scene.note("timeout", mine::getSoTimeout);
    DatagramPacket packet = packet(10);
    scene.note("nothing", () -> received(mine, packet));
    scene.note("its packet", () -> packet.getLength() + " " + packet.getAddress());
    scene.note("nothing again", () -> received(mine, packet));
    peer.send(packet("late", mine));
    scene.note("something", () -> received(mine, packet));
    mine.setSoTimeout(0);
    Blocked blocked = scene.blocked(OperationKind.RECVMSG, () -> received(mine, packet(10)));
    peer.send(packet("later", mine));
    blocked.noteEnd("without a timeout");
  }

  static void closeEndsABlockedReceive(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    Blocked blocked = scene.blocked(OperationKind.RECVMSG, () -> received(mine, packet(10)));
    mine.close();
    blocked.noteEnd("receive");
    DatagramSocket timed = scene.datagrams();
    timed.setSoTimeout(60_000);
    Blocked blockedToo = scene.blocked(OperationKind.RECVMSG, () -> received(timed, packet(10)));
    timed.close();
    blockedToo.noteEnd("timed receive");
  }

  static void closeEndsReceiversInARow(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    Blocked first = scene.blocked(OperationKind.RECVMSG, () -> received(mine, packet(10)));
    Blocked second = scene.running(() -> received(mine, packet(10)));
    Scene.until("the second waits for the first", () -> second.thread.getState() == Thread.State.WAITING);
    mine.close();
    first.noteEnd("first");
    second.noteEnd("second");
  }

  static void aClosedSocketRefusesAll(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    DatagramPacket packet = packet("x", peer);
    InetSocketAddress to = (InetSocketAddress) peer.getLocalSocketAddress();
    mine.close();
    mine.close();
    scene.note("closed", mine::isClosed);
    scene.note("bound", mine::isBound);
    scene.note("connected", mine::isConnected);
    scene.note("local address", mine::getLocalAddress);
    scene.note("local port", mine::getLocalPort);
    scene.note("local", mine::getLocalSocketAddress);
    scene.noteAct("send", () -> mine.send(packet));
    scene.noteAct("receive", () -> mine.receive(packet));
    scene.noteAct("bind", () -> mine.bind(null));
    scene.noteAct("connect", () -> mine.connect(to));
    scene.noteAct("connect the other way", () -> mine.connect(to.getAddress(), to.getPort()));
    scene.noteAct("disconnect", mine::disconnect);
    scene.note("timeout", mine::getSoTimeout);
    scene.noteAct("set timeout", () -> mine.setSoTimeout(1));
    scene.noteAct("join", () -> mine.joinGroup(new InetSocketAddress("230.1.2.3", 0), null));
    scene.noteAct("leave", () -> mine.leaveGroup(new InetSocketAddress("230.1.2.3", 0), null));
  }

  static void aConnectedSocketKeepsItsPeerWhenClosed(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    mine.connect(peer.getLocalSocketAddress());
    mine.close();
    scene.note("connected", mine::isConnected);
    scene.note("remote", mine::getRemoteSocketAddress);
    scene.note("address", mine::getInetAddress);
    scene.note("port", () -> mine.getPort() == peer.getLocalPort());
  }

  static void anInterruptEndsAReceiveOfAVirtualThread(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    Blocked blocked = scene.blocked(OperationKind.RECVMSG, () -> received(mine, packet(10)));
    blocked.thread.interrupt();
    if (scene.isVirtual()) {
      Scene.until("the socket is closed", mine::isClosed);
    } else {
      peer.send(packet("go on", mine));
    }
    blocked.noteEnd("receive");
    scene.note("closed", mine::isClosed);
  }

  static void datagramsThatAreThereBeatAnInterrupt(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    peer.send(packet("there", mine));
    Connections.awaitDatagram(mine.getLocalPort(), 0);
    Thread.currentThread().interrupt();
    scene.note("receive", () -> received(mine, packet(10)));
    scene.noteAct("send", () -> mine.send(packet("x", peer)));
    scene.note("closed", mine::isClosed);
    Thread.interrupted();
    scene.note("sent", () -> received(peer, packet(10)));
  }

  static void anInterruptedVirtualThreadDoesNotWait(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    mine.setSoTimeout(scene.timeoutWhereAnInterruptIsIgnored(TIMEOUT_MILLIS));
    Thread.currentThread().interrupt();
    scene.note("receive", () -> received(mine, packet(10)));
    scene.note("closed", mine::isClosed);
    Thread.interrupted();
  }

  static void aConnectedSocketHearsItsPeerOnly(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    DatagramSocket peer = scene.otherDatagrams();
    DatagramSocket stranger = scene.otherDatagrams();
    stranger.send(packet("early", mine));
    long first = Connections.awaitDatagram(mine.getLocalPort(), 0);
    peer.send(packet("early, from the peer", mine));
    Connections.awaitDatagram(mine.getLocalPort(), first);
    scene.noteAct("connect", () -> mine.connect(peer.getLocalSocketAddress()));
    scene.note("connected", mine::isConnected);
    scene.note("remote", () -> mine.getRemoteSocketAddress().equals(peer.getLocalSocketAddress()));
    scene.note("address", mine::getInetAddress);
    scene.note("local", () -> mine.getLocalSocketAddress());
    stranger.send(packet("late", mine));
    peer.send(packet("peer's", mine));
    mine.setSoTimeout(20_000);
    scene.note("receive", () -> received(mine, packet(20)));
    mine.setSoTimeout(TIMEOUT_MILLIS);
    scene.note("receive more", () -> received(mine, packet(20)));
    scene.noteAct("send to a stranger", () -> mine.send(packet("x", stranger)));
    DatagramPacket open = new DatagramPacket("to whom".getBytes(), 7);
    scene.noteAct("send without an address", () -> mine.send(open));
    scene.note("its address", () -> open.getSocketAddress().equals(peer.getLocalSocketAddress()));
    scene.note("peer", () -> received(peer, packet(20)));
    scene.noteAct("connect to another one", () -> mine.connect(stranger.getLocalSocketAddress()));
    scene.noteAct("send to that", () -> mine.send(packet("x", stranger)));
    scene.note("stranger", () -> received(stranger, packet(20)));
    scene.noteAct("disconnect", mine::disconnect);
    scene.noteAct("disconnect again", mine::disconnect);
    scene.note("connected", mine::isConnected);
    scene.note("remote", mine::getRemoteSocketAddress);
    scene.note("port", mine::getPort);
    stranger.send(packet("again", mine));
    scene.note("receive", () -> received(mine, packet(20)));
    scene.noteAct("send", () -> mine.send(packet("y", peer)));
    scene.note("peer", () -> received(peer, packet(20)));
  }

  static void aPortStaysTheSameWhenThePeerGoes(Scene scene) throws Exception {
    DatagramSocket peer = scene.otherDatagrams();
    DatagramSocket anywhere = scene.datagrams(new InetSocketAddress(0));
    int port = anywhere.getLocalPort();
    scene.note("before", anywhere::getLocalAddress);
    anywhere.connect(peer.getLocalSocketAddress());
    scene.note("connected", anywhere::getLocalAddress);
    anywhere.disconnect();
    scene.note("after", anywhere::getLocalAddress);
    scene.note("port", () -> anywhere.getLocalPort() == port);
    peer.send(new DatagramPacket("hello".getBytes(), 5, Scene.LOOPBACK, port));
    scene.note("receive", () -> received(anywhere, packet(20)));
  }

  static void nobodyAtThePeersPort(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    InetSocketAddress nobody = scene.nobodyForDatagrams();
    mine.setSoTimeout(TIMEOUT_MILLIS);
    scene.noteAct("send unconnected", () -> mine.send(new DatagramPacket("x".getBytes(), 1, nobody)));
    scene.note("receive unconnected", () -> received(mine, packet(10)));
    mine.connect(nobody);
    scene.noteAct("send", () -> mine.send(new DatagramPacket("x".getBytes(), 1)));
    scene.note("receive", () -> received(mine, packet(10)));
    scene.note("receive again", () -> received(mine, packet(10)));
    scene.noteAct("send once more", () -> mine.send(new DatagramPacket("x".getBytes(), 1)));
    scene.noteAct("send after that", () -> mine.send(new DatagramPacket("x".getBytes(), 1)));
    mine.disconnect();
    scene.note("closed", mine::isClosed);
  }

  static void aReceiverIsToldThatNobodyIsThere(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    mine.connect(scene.nobodyForDatagrams());
    Blocked blocked = scene.blocked(OperationKind.RECVMSG, () -> received(mine, packet(10)));
    mine.send(new DatagramPacket("x".getBytes(), 1));
    blocked.noteEnd("receive");
  }

  static void connectRefusesWhatIsNoPeer(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    scene.noteAct("null", () -> mine.connect(null));
    scene.noteAct("null address", () -> mine.connect(null, 1));
    scene.noteAct("port 0", () -> mine.connect(new InetSocketAddress(Scene.LOOPBACK, 0)));
    scene.noteAct("port 0 the other way", () -> mine.connect(Scene.LOOPBACK, 0));
    scene.noteAct("port -1", () -> mine.connect(Scene.LOOPBACK, -1));
    scene.noteAct("port 65536", () -> mine.connect(Scene.LOOPBACK, 65_536));
    scene.noteAct("unresolved", () -> mine.connect(InetSocketAddress.createUnresolved("nobody.invalid", 1)));
    scene.noteAct("another family", () -> mine.connect(new SocketAddress() {}));
    scene.noteAct("broadcast", () -> mine.connect(new InetSocketAddress("255.255.255.255", 9)));
    scene.note("connected", mine::isConnected);
  }

  static void sendRefusesWhatHasNoAddress(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams();
    scene.noteAct("null", () -> mine.send(null));
    scene.noteAct("no address", () -> mine.send(packet(1)));
    scene.noteAct("port 0", () -> mine.send(new DatagramPacket(new byte[1], 1, Scene.LOOPBACK, 0)));
    scene.noteAct("receive null", () -> mine.receive(null));
  }

  static void bindingHappensOnce(Scene scene) throws Exception {
    DatagramSocket mine = scene.datagrams(null);
    DatagramSocket other = scene.otherDatagrams();
    scene.note("bound", mine::isBound);
    scene.note("port", mine::getLocalPort);
    scene.note("address", mine::getLocalAddress);
    scene.note("local", mine::getLocalSocketAddress);
    scene.note("remote port", mine::getPort);
    scene.noteAct("in use", () -> mine.bind(other.getLocalSocketAddress()));
    scene.noteAct("not ours", () -> mine.bind(new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 0)));
    scene.noteAct("unresolved", () -> mine.bind(InetSocketAddress.createUnresolved("nobody.invalid", 1)));
    scene.noteAct("another family", () -> mine.bind(new SocketAddress() {}));
    scene.note("still unbound", mine::isBound);
    scene.noteAct("bind", () -> mine.bind(new InetSocketAddress(Scene.LOOPBACK, 0)));
    scene.note("bound", mine::isBound);
    scene.note("local", mine::getLocalSocketAddress);
    scene.noteAct("again", () -> mine.bind(null));
    DatagramSocket anywhere = scene.datagrams(null);
    scene.noteAct("bind to null", () -> anywhere.bind(null));
    scene.note("local", anywhere::getLocalSocketAddress);
    scene.note("in use from the start", () -> scene.datagrams(other.getLocalSocketAddress()));
  }

  static void whatNeedsAPortTakesOne(Scene scene) throws Exception {
    DatagramSocket peer = scene.otherDatagrams();
    DatagramSocket sender = scene.datagrams(null);
    scene.noteAct("send", () -> sender.send(packet("x", peer)));
    scene.note("bound", sender::isBound);
    scene.note("local", sender::getLocalSocketAddress);
    DatagramSocket connecting = scene.datagrams(null);
    scene.noteAct("connect", () -> connecting.connect(peer.getLocalSocketAddress()));
    scene.note("local", connecting::getLocalSocketAddress);
    scene.noteAct("disconnect", connecting::disconnect);
    scene.note("local afterwards", connecting::getLocalSocketAddress);
    DatagramSocket receiving = scene.datagrams(null);
    receiving.setSoTimeout(1);
    scene.note("receive", () -> received(receiving, packet(1)));
    scene.note("bound", receiving::isBound);
  }
}
