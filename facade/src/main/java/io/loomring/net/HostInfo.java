package io.loomring.net;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.security.Security;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Whether messages may name hosts: {@code jdk.includeInExceptions}, a system or a security property. */
final class HostInfo {
  private static final String PROPERTY = "jdk.includeInExceptions";
  private static final boolean IN_SOCKET_ERRORS = included("hostInfo");
  private static final boolean IN_LOOKUPS = IN_SOCKET_ERRORS || included("hostInfoExclSocket");

  private HostInfo() {}

  private static boolean included(String what) {
    @Nullable String configured = System.getProperty(PROPERTY, Security.getProperty(PROPERTY));
    return configured != null
        && Arrays.stream(configured.split(",")).anyMatch(word -> word.strip().equalsIgnoreCase(what));
  }

  /** Whether an unknown host may be named. */
  static boolean namesInLookups() {
    return IN_LOOKUPS;
  }

  /** Whether the addresses of sockets may be named. */
  static boolean namesInSocketErrors() {
    return IN_SOCKET_ERRORS;
  }

  /** The same failure, with the address behind its message where that is wanted. */
  static IOException with(IOException failed, InetSocketAddress remote) {
    if (!IN_SOCKET_ERRORS) {
      return failed;
    }
    String message = failed.getMessage() + ": " + remote;
    IOException naming = switch (failed) {
      case BindException _ -> new BindException(message);
      case ConnectException _ -> new ConnectException(message);
      case NoRouteToHostException _ -> new NoRouteToHostException(message);
      case SocketException _ -> new SocketException(message);
      case ProtocolException _ -> new ProtocolException(message);
      default -> failed;
    };
    if (naming != failed) {
      naming.setStackTrace(failed.getStackTrace());
      if (failed.getCause() != null) {
        naming.initCause(failed.getCause());
      }
    }
    return naming;
  }
}
