package io.loomring.net;

import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;

/** What each {@link SocketOption} is to the kernel, and the ranges and adjustments that {@code java.net} gives it. */
final class SocketOptionCalls {
  private static final int MAX_LINGER_SECONDS = 65_535;
  private static final int MIN_RECEIVE_BUFFER_BYTES = 1024;

  /** SO_OOBINLINE is not among the public options. */
  static final SocketOption<Boolean> SO_OOBINLINE = new OobInline();

  private record Key(int level, int name) {}

  private static final Map<SocketOption<?>, Key> KEYS = Map.ofEntries(
      Map.entry(StandardSocketOptions.SO_RCVBUF, new Key(Constants.SOL_SOCKET, Constants.SO_RCVBUF)),
      Map.entry(StandardSocketOptions.SO_SNDBUF, new Key(Constants.SOL_SOCKET, Constants.SO_SNDBUF)),
      Map.entry(StandardSocketOptions.SO_REUSEADDR, new Key(Constants.SOL_SOCKET, Constants.SO_REUSEADDR)),
      Map.entry(StandardSocketOptions.SO_REUSEPORT, new Key(Constants.SOL_SOCKET, Constants.SO_REUSEPORT)),
      Map.entry(StandardSocketOptions.SO_KEEPALIVE, new Key(Constants.SOL_SOCKET, Constants.SO_KEEPALIVE)),
      Map.entry(StandardSocketOptions.SO_LINGER, new Key(Constants.SOL_SOCKET, Constants.SO_LINGER)),
      Map.entry(StandardSocketOptions.TCP_NODELAY, new Key(Constants.IPPROTO_TCP, Constants.TCP_NODELAY)),
      Map.entry(StandardSocketOptions.IP_TOS, new Key(Constants.IPPROTO_IP, Constants.IP_TOS)),
      Map.entry(ExtendedSocketOptions.TCP_QUICKACK, new Key(Constants.IPPROTO_TCP, Constants.TCP_QUICKACK)),
      Map.entry(ExtendedSocketOptions.TCP_KEEPIDLE, new Key(Constants.IPPROTO_TCP, Constants.TCP_KEEPIDLE)),
      Map.entry(ExtendedSocketOptions.TCP_KEEPINTERVAL, new Key(Constants.IPPROTO_TCP, Constants.TCP_KEEPINTVL)),
      Map.entry(ExtendedSocketOptions.TCP_KEEPCOUNT, new Key(Constants.IPPROTO_TCP, Constants.TCP_KEEPCNT)),
      Map.entry(
          ExtendedSocketOptions.SO_INCOMING_NAPI_ID, new Key(Constants.SOL_SOCKET, Constants.SO_INCOMING_NAPI_ID)),
      Map.entry(SO_OOBINLINE, new Key(Constants.SOL_SOCKET, Constants.SO_OOBINLINE)));

  private static final Set<SocketOption<?>> CLIENT = clientOptions();
  private static final Set<SocketOption<?>> SERVER = serverOptions();

  private SocketOptionCalls() {}

  private static Set<SocketOption<?>> clientOptions() {
    Set<SocketOption<?>> options = new HashSet<>(KEYS.keySet());
    options.remove(SO_OOBINLINE);
    return Collections.unmodifiableSet(options);
  }

  private static Set<SocketOption<?>> serverOptions() {
    Set<SocketOption<?>> options = new HashSet<>(CLIENT);
    options.remove(StandardSocketOptions.SO_SNDBUF);
    options.remove(StandardSocketOptions.SO_KEEPALIVE);
    options.remove(StandardSocketOptions.SO_LINGER);
    options.remove(StandardSocketOptions.TCP_NODELAY);
    return Collections.unmodifiableSet(options);
  }

  /** The options of a client or a server socket. */
  static Set<SocketOption<?>> supported(boolean server) {
    return server ? SERVER : CLIENT;
  }

  /**
   * Sets an option to a value of its type.
   *
   * @throws IllegalArgumentException if the value is out of the option's range
   * @throws SocketException if the kernel refuses, the option is read-only, or the descriptor is being closed
   */
  static void set(Descriptor on, SocketOption<?> option, Object value) throws IOException {
    int number = value instanceof Boolean on1 ? on1 ? 1 : 0 : (Integer) value;
    if (option == StandardSocketOptions.SO_LINGER) {
      checked(SocketCalls.setLinger(on, Math.min(number, MAX_LINGER_SECONDS)));
    } else if (option == StandardSocketOptions.IP_TOS) {
      setTrafficClass(on, number);
    } else if (option == ExtendedSocketOptions.SO_INCOMING_NAPI_ID) {
      throw new SocketException("Attempt to set read only option " + option);
    } else {
      Key key = key(option);
      checked(SocketCalls.setOption(on, key.level, key.name, adjusted(option, number)));
    }
  }

  private static int adjusted(SocketOption<?> option, int number) {
    boolean receive = option == StandardSocketOptions.SO_RCVBUF;
    if ((receive || option == StandardSocketOptions.SO_SNDBUF) && number < 0) {
      throw new IllegalArgumentException("Invalid send/receive buffer size");
    }
    return receive ? Math.max(number, MIN_RECEIVE_BUFFER_BYTES) : number;
  }

  private static void setTrafficClass(Descriptor on, int number) throws IOException {
    if (number < 0 || number > 255) {
      throw new IllegalArgumentException("Invalid IP_TOS value");
    }
    if (SocketAddresses.family() == Constants.AF_INET) {
      checked(SocketCalls.setOption(on, Constants.IPPROTO_IP, Constants.IP_TOS, number));
      return;
    }
    checked(SocketCalls.setOption(on, Constants.IPPROTO_IPV6, Constants.IPV6_TCLASS, number));
    // For IPv4-mapped peers; a kernel that takes no such option on an IPv6 socket loses nothing else.
    SocketCalls.setOption(on, Constants.IPPROTO_IP, Constants.IP_TOS, number);
  }

  /**
   * The value of an option.
   *
   * @throws SocketException if the kernel refuses, or the descriptor is being closed
   */
  static Object get(Descriptor on, SocketOption<?> option) throws IOException {
    int[] value = new int[1];
    if (option == StandardSocketOptions.SO_LINGER) {
      checked(SocketCalls.getLinger(on, value));
      return value[0];
    }
    if (option == StandardSocketOptions.IP_TOS && SocketAddresses.family() != Constants.AF_INET) {
      checked(SocketCalls.getOption(on, Constants.IPPROTO_IPV6, Constants.IPV6_TCLASS, value));
      return value[0];
    }
    Key key = key(option);
    checked(SocketCalls.getOption(on, key.level, key.name, value));
    if (option.type() == Boolean.class) {
      return value[0] != 0;
    }
    // The kernel doubles what it is given, for its own book-keeping, and tells the double.
    boolean doubled = option == StandardSocketOptions.SO_RCVBUF || option == StandardSocketOptions.SO_SNDBUF;
    return doubled ? value[0] / 2 : value[0];
  }

  private static Key key(SocketOption<?> option) {
    Key key = KEYS.get(option);
    if (key == null) {
      throw new UnsupportedOperationException("'" + option + "' not supported");
    }
    return key;
  }

  private static void checked(int result) throws IOException {
    if (result == Outcome.CLOSED) {
      throw new SocketException("Socket closed");
    }
    if (result < 0) {
      throw ErrorTable.socketException(Call.OPTION, -result);
    }
  }

  private static final class OobInline implements SocketOption<Boolean> {
    @Override
    public String name() {
      return "SO_OOBINLINE";
    }

    @Override
    public Class<Boolean> type() {
      return Boolean.class;
    }

    @Override
    public String toString() {
      return name();
    }
  }
}
