package io.loomring.net;

import static java.net.SocketOptions.IP_TOS;
import static java.net.SocketOptions.SO_BINDADDR;
import static java.net.SocketOptions.SO_KEEPALIVE;
import static java.net.SocketOptions.SO_LINGER;
import static java.net.SocketOptions.SO_OOBINLINE;
import static java.net.SocketOptions.SO_RCVBUF;
import static java.net.SocketOptions.SO_REUSEADDR;
import static java.net.SocketOptions.SO_REUSEPORT;
import static java.net.SocketOptions.SO_SNDBUF;
import static java.net.SocketOptions.TCP_NODELAY;

import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;

/** The options by number and untyped value, as {@link java.net.SocketOptions} has them. */
final class LegacyOptions {
  private LegacyOptions() {}

  /** The milliseconds that a value of SO_TIMEOUT stands for. */
  static int timeoutMillis(Object value) throws SocketException {
    int millis = intValue(value, "SO_TIMEOUT");
    if (millis < 0) {
      throw new SocketException("timeout < 0");
    }
    return millis;
  }

  static void set(Descriptor on, int option, Object value) throws SocketException {
    SocketOption<?> known = known(option);
    boolean flag = known.type() == Boolean.class;
    // SO_LINGER is off, or so many seconds.
    boolean lingerOff = option == SO_LINGER && Boolean.FALSE.equals(value);
    Object checked = lingerOff ? -1 : flag ? flagValue(value, known.name()) : intValue(value, known.name());
    if ((option == SO_SNDBUF || option == SO_RCVBUF) && (int) checked <= 0) {
      throw new SocketException(known.name() + " <= 0");
    }
    try {
      SocketOptionCalls.set(on, known, checked);
    } catch (IOException | IllegalArgumentException e) {
      throw asSocketException(e);
    }
  }

  static Object get(Descriptor on, int option) throws SocketException {
    if (option == SO_BINDADDR) {
      InetSocketAddress local = SocketCalls.localAddress(on);
      if (local == null) {
        throw new SocketException("Socket closed");
      }
      return local.getAddress();
    }
    try {
      Object value = SocketOptionCalls.get(on, known(option));
      return option == SO_LINGER && (int) value == -1 ? Boolean.FALSE : value;
    } catch (IOException e) {
      throw asSocketException(e);
    }
  }

  private static SocketOption<?> known(int option) throws SocketException {
    return switch (option) {
      case TCP_NODELAY -> StandardSocketOptions.TCP_NODELAY;
      case SO_OOBINLINE -> SocketOptionCalls.SO_OOBINLINE;
      case SO_REUSEADDR -> StandardSocketOptions.SO_REUSEADDR;
      case SO_REUSEPORT -> StandardSocketOptions.SO_REUSEPORT;
      case SO_SNDBUF -> StandardSocketOptions.SO_SNDBUF;
      case SO_RCVBUF -> StandardSocketOptions.SO_RCVBUF;
      case SO_LINGER -> StandardSocketOptions.SO_LINGER;
      case IP_TOS -> StandardSocketOptions.IP_TOS;
      case SO_KEEPALIVE -> StandardSocketOptions.SO_KEEPALIVE;
      default -> throw new SocketException("Unknown option " + option);
    };
  }

  private static Object flagValue(Object value, String name) throws SocketException {
    if (value instanceof Boolean) {
      return value;
    }
    throw new SocketException("Bad value for " + name);
  }

  private static Integer intValue(Object value, String name) throws SocketException {
    if (value instanceof Integer known) {
      return known;
    }
    throw new SocketException("Bad value for " + name);
  }

  private static SocketException asSocketException(Exception e) {
    if (e instanceof SocketException already) {
      return already;
    }
    SocketException converted = new SocketException(e.getMessage());
    converted.setStackTrace(e.getStackTrace());
    return converted;
  }
}
