package io.loomring.net;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The streams of a socket, which {@link java.net.Socket} wraps in its own. */
final class SocketStreams {
  private SocketStreams() {}

  static final class Input extends InputStream {
    private final ByteSocketImpl impl;

    Input(ByteSocketImpl impl) {
      this.impl = impl;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return impl.read(one, 0, 1) > 0 ? one[0] & 0xFF : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return impl.read(into, offset, length);
    }

    @Override
    public int available() throws IOException {
      return impl.available();
    }

    @Override
    public void close() throws IOException {
      impl.close();
    }
  }

  static final class Output extends OutputStream {
    private final ByteSocketImpl impl;

    Output(ByteSocketImpl impl) {
      this.impl = impl;
    }

    @Override
    public void write(int value) throws IOException {
      impl.write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      impl.write(from, offset, length);
    }

    @Override
    public void close() throws IOException {
      impl.close();
    }
  }
}
