package io.loomring.net;

import io.loomring.fd.Descriptor;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.util.Set;

/** The options of a socket on the ring, those of either kind of interface. */
abstract class OptionedSocketImpl extends ByteSocketImpl {
  /** Whether it is for a server socket. */
  final boolean server;
  /** SO_TIMEOUT, which the kernel has no part in. */
  volatile int timeoutMillis;

  OptionedSocketImpl(boolean server) {
    this.server = server;
  }

  /** The descriptor of a socket that is made and not closed. */
  abstract Descriptor openDescriptor() throws SocketException;

  @Override
  protected Set<SocketOption<?>> supportedOptions() {
    return SocketOptionCalls.supported(server);
  }

  @Override
  protected <T> void setOption(SocketOption<T> option, T value) throws IOException {
    requireSupported(option);
    if (!option.type().isInstance(value)) {
      throw new IllegalArgumentException("Invalid value '" + value + "'");
    }
    SocketOptionCalls.set(openDescriptor(), option, value);
  }

  @Override
  protected <T> T getOption(SocketOption<T> option) throws IOException {
    requireSupported(option);
    return option.type().cast(SocketOptionCalls.get(openDescriptor(), option));
  }

  private void requireSupported(SocketOption<?> option) {
    if (!supportedOptions().contains(option)) {
      throw new UnsupportedOperationException("'" + option + "' not supported");
    }
  }

  @Override
  public void setOption(int option, Object value) throws SocketException {
    Descriptor on = openDescriptor();
    if (option == SO_TIMEOUT) {
      timeoutMillis = LegacyOptions.timeoutMillis(value);
    } else {
      LegacyOptions.set(on, option, value);
    }
  }

  @Override
  public Object getOption(int option) throws SocketException {
    Descriptor on = openDescriptor();
    return option == SO_TIMEOUT ? timeoutMillis : LegacyOptions.get(on, option);
  }
}
