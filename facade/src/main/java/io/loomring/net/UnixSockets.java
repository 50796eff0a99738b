package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.api.Uring;
import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.error.UringUnavailableException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.UnixName;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What both ends of Unix domain sockets share: names, options, and how one is made. */
final class UnixSockets {
  /** What paths are encoded in. */
  private static final Charset PATHS =
      Charset.forName(System.getProperty("sun.jnu.encoding", Charset.defaultCharset().name()));

  static final Set<SocketOption<?>> OPTIONS = Set.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_SNDBUF);

  private static final SocketAddress UNNAMED = UnixDomainSocketAddress.of("");

  private UnixSockets() {}

  /** Makes a socket on {@code uring}, or on the default where that is null. */
  static Held make(@Nullable Uring preferred) throws IOException {
    Uring uring = preferred == null ? defaultUring() : preferred;
    RawOperations.Accepted made = new RawOperations.Accepted();
    int result = uring.raw().socket(Constants.AF_UNIX, Constants.SOCK_STREAM, 0, made);
    if (result < 0) {
      throw Outcome.isErrno(result)
          ? ErrorTable.socketException(Call.SOCKET, -result)
          : new SocketException("the ring is dead");
    }
    return new Held(made.descriptor(), uring.raw(), uring.buffers());
  }

  private static Uring defaultUring() throws SocketException {
    try {
      return Uring.getDefault();
    } catch (UringUnavailableException unavailable) {
      throw ByteSocketImpl.unavailable(unavailable);
    }
  }

  /**
   * The name that an address stands for.
   *
   * @throws UnsupportedAddressTypeException if it is neither a {@link UnixDomainSocketAddress} nor an
   *     {@link AbstractUnixAddress}
   * @throws SocketException if its path is empty, or too long for the kernel
   */
  static UnixName name(SocketAddress address) throws SocketException {
    return switch (address) {
      case UnixDomainSocketAddress file -> path(file.getPath());
      case AbstractUnixAddress name -> UnixName.ofAbstract(name.name());
      default -> throw new UnsupportedAddressTypeException();
    };
  }

  /** What the system calls a path. */
  static byte[] pathBytes(String path) {
    return path.getBytes(PATHS);
  }

  private static UnixName path(Path path) throws SocketException {
    byte[] bytes = pathBytes(path.toString());
    if (bytes.length == 0) {
      throw new SocketException("Unix domain path is empty");
    }
    if (bytes.length > UnixName.MAX_BYTES) {
      throw new SocketException("Unix domain path too long: " + bytes.length + " bytes, of which at most "
          + UnixName.MAX_BYTES + " are allowed: " + path);
    }
    return UnixName.ofPath(bytes);
  }

  /** The address of a name; that of a socket without one is an empty path. */
  static SocketAddress address(@Nullable UnixName name) {
    if (name == null) {
      return UNNAMED;
    }
    return name.isAbstract()
        ? AbstractUnixAddress.of(name.bytes())
        : UnixDomainSocketAddress.of(new String(name.bytes(), PATHS));
  }

  static <T> void setOption(Descriptor on, SocketOption<T> option, T value) throws IOException {
    requireSupported(option);
    if (!option.type().isInstance(value)) {
      throw new IllegalArgumentException("Invalid value '" + value + "'");
    }
    SocketOptionCalls.set(on, option, value);
  }

  static <T> T getOption(Descriptor on, SocketOption<T> option) throws IOException {
    requireSupported(option);
    return option.type().cast(SocketOptionCalls.get(on, option));
  }

  static void requireSupported(SocketOption<?> option) {
    if (!OPTIONS.contains(option)) {
      throw new UnsupportedOperationException("'" + option + "' not supported");
    }
  }
}
