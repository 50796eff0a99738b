package io.loomring.net;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Authenticator;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a socket that is connected to a SOCKS server says to it, to be connected on from there: version 5 (RFC 1928) with
 * no authentication or a user's name and password (RFC 1929), and version 4 where the settings or the server want that.
 * Words and order are those that servers know from the JDK's sockets, and so are the messages of exceptions.
 */
final class Socks {
  private static final int VERSION_5 = 5;
  private static final int VERSION_4 = 4;
  private static final int CONNECT = 1;

  private static final int NO_AUTHENTICATION = 0;
  private static final int USER_AND_PASSWORD = 2;
  private static final int NO_METHOD = 0xFF;

  private static final int ADDRESS_4 = 1;
  private static final int ADDRESS_NAME = 3;
  private static final int ADDRESS_6 = 4;

  private static final int GRANTED = 90;

  private final UringSocketImpl connection;
  private final InetSocketAddress server;
  private final InetSocketAddress remote;
  private final long deadline;
  private final ByteArrayOutputStream request = new ByteArrayOutputStream();

  private Socks(UringSocketImpl connection, InetSocketAddress server, InetSocketAddress remote, long deadline) {
    this.connection = connection;
    this.server = server;
    this.remote = remote;
    this.deadline = deadline;
  }

  /**
   * Has {@code server} connect to {@code remote}, which it is to look up where it is unresolved.
   *
   * @throws SocketException if it does not; the connection is of no use then
   * @throws java.net.SocketTimeoutException if it does not answer in time
   */
  static void connectOn(
      UringSocketImpl connection, InetSocketAddress server, InetSocketAddress remote, long deadline)
      throws IOException {
    new Socks(connection, server, remote, deadline).negotiate();
  }

  private void negotiate() throws IOException {
    if (Integer.getInteger("socksProxyVersion", VERSION_5) == VERSION_4) {
      connectByVersion4();
      return;
    }
    put(VERSION_5, 2, NO_AUTHENTICATION, USER_AND_PASSWORD);
    send();
    byte[] method = receive(2);
    if (method[0] != VERSION_5) {
      // Perhaps it knows the older version.
      connectByVersion4();
      return;
    }
    authenticate(method[1] & 0xFF);
    put(VERSION_5, CONNECT, 0);
    putRemote();
    send();
    byte[] reply = receive(4);
    requireGranted(reply[1]);
    skipAddress(reply[3]);
  }

  // ---- version 5

  private void authenticate(int method) throws IOException {
    if (method == NO_METHOD) {
      throw new SocketException("SOCKS : No acceptable methods");
    }
    if (method != NO_AUTHENTICATION && (method != USER_AND_PASSWORD || !logIn())) {
      throw new SocketException("SOCKS : authentication failed");
    }
  }

  private boolean logIn() throws IOException {
    String host = server.getHostString();
    PasswordAuthentication known = Authenticator.requestPasswordAuthentication(
        host, InetAddress.getByName(host), server.getPort(), "SOCKS5", "SOCKS authentication", null);
    @Nullable String user = known != null ? known.getUserName() : System.getProperty("user.name");
    if (user == null) {
      return false;
    }
    put(1);
    putText(user);
    putText(known != null ? new String(known.getPassword()) : "");
    send();
    return receive(2)[1] == 0;
  }

  private void putRemote() throws SocketException {
    if (remote.isUnresolved()) {
      put(ADDRESS_NAME);
      putText(remote.getHostString());
    } else {
      InetAddress address = remote.getAddress();
      put(address instanceof Inet4Address ? ADDRESS_4 : ADDRESS_6);
      request.writeBytes(address.getAddress());
    }
    putPort();
  }

  private static void requireGranted(int code) throws SocketException {
    @Nullable String refusal = switch (code) {
      case 0 -> null;
      case 1 -> "SOCKS server general failure";
      case 2 -> "SOCKS: Connection not allowed by ruleset";
      case 3 -> "SOCKS: Network unreachable";
      case 4 -> "SOCKS: Host unreachable";
      case 5 -> "SOCKS: Connection refused";
      case 6 -> "SOCKS: TTL expired";
      case 7 -> "SOCKS: Command not supported";
      case 8 -> "SOCKS: address type not supported";
      default -> "Reply from SOCKS server contains bad status";
    };
    if (refusal != null) {
      throw new SocketException(refusal);
    }
  }

  /** The address that the server connects from, which nobody asks for. */
  private void skipAddress(int type) throws IOException {
    int bytes = switch (type) {
      case ADDRESS_4 -> 4;
      case ADDRESS_NAME -> receive(1)[0] & 0xFF;
      case ADDRESS_6 -> 16;
      default -> throw new SocketException("Reply from SOCKS server contains wrong code");
    };
    receive(bytes + 2);
  }

  // ---- version 4

  private void connectByVersion4() throws IOException {
    if (remote.isUnresolved()) {
      throw new UnknownHostException(HostInfo.namesInSocketErrors() ? remote.toString() : "");
    }
    if (!(remote.getAddress() instanceof Inet4Address address)) {
      throw new SocketException("SOCKS V4 requires IPv4 only addresses");
    }
    put(VERSION_4, CONNECT);
    putPort();
    request.writeBytes(address.getAddress());
    request.writeBytes(System.getProperty("user.name", "").getBytes(StandardCharsets.ISO_8859_1));
    put(0);
    send();
    byte[] reply = receive(8);
    if (reply[0] != 0 && reply[0] != VERSION_4) {
      throw new SocketException("Reply from SOCKS server has bad version");
    }
    if (reply[1] != GRANTED) {
      throw new SocketException(switch (reply[1]) {
        case 91 -> "SOCKS request rejected";
        case 92 -> "SOCKS server couldn't reach destination";
        case 93 -> "SOCKS authentication failed";
        default -> "Reply from SOCKS server contains bad status";
      });
    }
  }

  // ---- bytes

  private void put(int... bytes) {
    for (int each : bytes) {
      request.write(each);
    }
  }

  private void putPort() {
    put(remote.getPort() >> 8, remote.getPort());
  }

  private void putText(String text) throws SocketException {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length > 0xFF) {
      throw new SocketException("SOCKS: more than 255 characters in a name");
    }
    put(bytes.length);
    request.writeBytes(bytes);
  }

  private void send() throws IOException {
    byte[] bytes = request.toByteArray();
    request.reset();
    connection.write(bytes, 0, bytes.length);
  }

  private byte[] receive(int bytes) throws IOException {
    byte[] received = new byte[bytes];
    int done = 0;
    while (done < bytes) {
      int count = connection.readUntil(received, done, bytes - done, deadline);
      if (count < 0) {
        throw new SocketException("Malformed reply from SOCKS server");
      }
      done += count;
    }
    return received;
  }
}
