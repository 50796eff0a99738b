package io.loomring.error;

import io.loomring.sys.Errno;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/**
 * Which exception {@code java.net} throws for an errno of a call on a socket. Every errno has one: what is not named
 * gets a {@link SocketException} with strerror's text.
 */
public final class ErrorTable {
  private ErrorTable() {}

  /** Loads what making an exception takes: once descriptors are used up, no class file can be opened to say so. */
  public static void prepare() {
    socketException(Call.ACCEPT, Errno.EMFILE);
    fileException(Errno.EMFILE, "");
  }

  /** The exception for {@code errno} (positive) of {@code call} on a socket, not thrown. */
  public static IOException socketException(Call call, int errno) {
    return socketException(call, errno, null);
  }

  /** The same with a detail behind the text, as {@code jdk.includeInExceptions=hostInfo} asks for. */
  public static IOException socketException(Call call, int errno, @Nullable String detail) {
    String text = text(call, errno);
    String message = detail == null ? text : text + ": " + detail;
    return switch (call) {
      case CONNECT -> connectException(errno, message);
      case BIND, LISTEN -> bindException(errno, message);
      case ACCEPT -> errno == Errno.EMFILE || errno == Errno.ENFILE
          ? new IOException(message)
          : generalException(errno, message);
      case SOCKET, READ, WRITE, SHUTDOWN, POLL, OPEN, SYNC, STAT, OPTION, CLOSE, OTHER -> generalException(errno, message);
    };
  }

  private static String text(Call call, int errno) {
    // java.net has words of its own for a reset that a read finds.
    return call == Call.READ && errno == Errno.ECONNRESET ? "Connection reset" : Errno.text(errno);
  }

  private static IOException connectException(int errno, String message) {
    return switch (errno) {
      case Errno.ECONNREFUSED, Errno.ETIMEDOUT, Errno.ENOTCONN -> new ConnectException(message);
      case Errno.EHOSTUNREACH -> new NoRouteToHostException(message);
      case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EACCES -> new BindException(message);
      default -> generalException(errno, message);
    };
  }

  private static IOException bindException(int errno, String message) {
    return switch (errno) {
      case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EACCES -> new BindException(message);
      default -> generalException(errno, message);
    };
  }

  private static IOException generalException(int errno, String message) {
    return switch (errno) {
      case Errno.EPROTO -> new ProtocolException(message);
      case Errno.ECONNREFUSED, Errno.ETIMEDOUT, Errno.ENOTCONN -> new ConnectException(message);
      case Errno.EHOSTUNREACH -> new NoRouteToHostException(message);
      case Errno.EADDRINUSE, Errno.EADDRNOTAVAIL, Errno.EACCES -> new BindException(message);
      default -> new SocketException(message);
    };
  }

  /** The exception for {@code errno} of a call on a file, pipe or terminal. */
  public static IOException fileException(int errno) {
    return new IOException(Errno.text(errno));
  }

  /** The exception that {@code java.nio.file} throws for {@code errno} of a call that names {@code file}. */
  public static IOException fileException(int errno, String file) {
    return switch (errno) {
      case Errno.ENOENT -> new NoSuchFileException(file);
      case Errno.EEXIST -> new FileAlreadyExistsException(file);
      case Errno.EACCES -> new AccessDeniedException(file);
      case Errno.ELOOP -> new FileSystemException(
          file, null, Errno.text(errno) + " or unable to access attributes of symbolic link");
      default -> new FileSystemException(file, null, Errno.text(errno));
    };
  }
}
