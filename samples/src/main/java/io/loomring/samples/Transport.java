package io.loomring.samples;

import io.loomring.api.Uring;
import io.loomring.net.UringServerSocket;
import io.loomring.net.UringSocket;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Locale;

/** Whose sockets a sample runs on. The rest of its code is the same for all. */
enum Transport {
  URING {
    @Override
    ServerSocket newServerSocket() throws IOException {
      // A sample that was told to use the ring says so loudly where there is none.
      Uring.ensureAvailable();
      return new UringServerSocket();
    }

    @Override
    Socket newSocket() throws IOException {
      Uring.ensureAvailable();
      return new UringSocket();
    }
  },

  /** The ring, or the JDK's sockets where the system refuses that: what {@code loomring.transport} says decides. */
  AUTO {
    @Override
    ServerSocket newServerSocket() throws IOException {
      return new UringServerSocket();
    }

    @Override
    Socket newSocket() throws IOException {
      return new UringSocket();
    }

    @Override
    String inUse() {
      return io.loomring.net.Transport.current().toString();
    }
  },

  JDK {
    @Override
    ServerSocket newServerSocket() throws IOException {
      return new ServerSocket();
    }

    @Override
    Socket newSocket() {
      return new Socket();
    }
  };

  /**
   * Makes a server socket that is not bound.
   *
   * @throws io.loomring.error.UringUnavailableException if this is {@link #URING} and io_uring cannot be had here
   */
  abstract ServerSocket newServerSocket() throws IOException;

  /**
   * Makes a socket that is not connected.
   *
   * @throws io.loomring.error.UringUnavailableException if this is {@link #URING} and io_uring cannot be had here
   */
  abstract Socket newSocket() throws IOException;

  /** What it came to: {@code uring} or {@code jdk}. */
  String inUse() {
    return toString();
  }

  /** The one that {@code --transport} names. */
  static Transport of(Arguments arguments) throws UsageException {
    String name = arguments.text("--transport", URING.toString());
    for (Transport transport : values()) {
      if (transport.toString().equals(name)) {
        return transport;
      }
    }
    throw new UsageException("--transport " + name + ": auto, uring or jdk");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
