package io.loomring.net;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** A small SOCKS server on channels, which are nobody's sockets: it notes what it is told, and answers as it is made to. */
final class SocksServer implements Closeable {
  /** How it behaves; all but the first few are faults. */
  enum Manner {
    OPEN, PASSWORD, VERSION_4, SILENT, GONE_AT_ONCE, NO_METHOD, UNKNOWN_METHOD, REFUSES, NAMES_ITSELF, BY_VERSION_6,
    NAMELESS, REFUSES_BY_VERSION_4
  }

  private final ServerSocketChannel listener;
  private final Manner manner;
  private final int code;
  private final List<String> told = Collections.synchronizedList(new ArrayList<>());

  SocksServer(Manner manner, int code) throws IOException {
    this.manner = manner;
    this.code = code;
    this.listener = ServerSocketChannel.open().bind(new InetSocketAddress(Scene.LOOPBACK, 0));
    Thread.ofPlatform().daemon().start(this::serve);
  }

  InetSocketAddress address() throws IOException {
    return new InetSocketAddress("127.0.0.1", ((InetSocketAddress) listener.getLocalAddress()).getPort());
  }

  /** What clients have told it. */
  List<String> told() {
    synchronized (told) {
      return List.copyOf(told);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private void serve() {
    while (listener.isOpen()) {
      try {
        SocketChannel client = listener.accept();
        Thread.ofPlatform().daemon().start(() -> {
          try (client) {
            serve(client);
          } catch (IOException gone) {
            return;
          }
        });
      } catch (IOException closed) {
        return;
      }
    }
  }

  private static void reply(SocketChannel to, int... bytes) throws IOException {
    ByteBuffer reply = ByteBuffer.allocate(bytes.length);
    for (int each : bytes) {
      reply.put((byte) each);
    }
    to.write(reply.flip());
  }

  private void serve(SocketChannel client) throws IOException {
    DataInputStream in = new DataInputStream(Channels.newInputStream(client));
    if (manner == Manner.GONE_AT_ONCE) {
      in.readNBytes(4);
      return;
    }
    int version = in.read();
    if (version == 4) {
      serveByVersion4(client, in);
      return;
    }
    byte[] methods = in.readNBytes(in.read());
    told.add("version " + version + " methods " + Arrays.toString(methods));
    switch (manner) {
      case SILENT -> in.read();
      case NO_METHOD -> reply(client, 5, 0xFF);
      case UNKNOWN_METHOD -> reply(client, 5, 1);
      case VERSION_4, REFUSES_BY_VERSION_4 -> {
        reply(client, 0, 91);
        in.read();
        serveByVersion4(client, in);
      }
      default -> serveByVersion5(client, in);
    }
  }

  private void serveByVersion5(SocketChannel client, DataInputStream in) throws IOException {
    reply(client, 5, manner == Manner.PASSWORD ? 2 : 0);
    if (manner == Manner.PASSWORD) {
      in.read();
      told.add("user " + text(in, in.read()) + " password " + text(in, in.read()));
      reply(client, 1, code);
      if (code != 0) {
        return;
      }
    }
    String head = Arrays.toString(in.readNBytes(3));
    int type = in.read();
    String host = switch (type) {
      case 1 -> InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
      case 4 -> InetAddress.getByAddress(in.readNBytes(16)).getHostAddress();
      default -> text(in, in.read());
    };
    int port = in.readUnsignedShort();
    told.add(head + " type " + type + " " + host);
    switch (manner) {
      case REFUSES -> reply(client, 5, code, 0, 1, 0, 0, 0, 0, 0, 0);
      case NAMELESS -> reply(client, 5, 0, 0, 9, 0, 0);
      case NAMES_ITSELF -> relay(client, in, port, 5, 0, 0, 3, 4, 'm', 'i', 'n', 'e', 1, 2);
      case BY_VERSION_6 -> relay(client, in, port, 5, 0, 0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 2);
      default -> relay(client, in, port, 5, 0, 0, 1, 127, 0, 0, 1, 1, 2);
    }
  }

  private void serveByVersion4(SocketChannel client, DataInputStream in) throws IOException {
    int command = in.read();
    int port = in.readUnsignedShort();
    told.add("version 4 command " + command + " " + Arrays.toString(in.readNBytes(4)));
    while (in.read() != 0) {
      // The user's name.
    }
    if (manner == Manner.REFUSES_BY_VERSION_4) {
      reply(client, 0, code, 0, 0, 0, 0, 0, 0);
    } else {
      relay(client, in, port, 0, 90, 0, 0, 0, 0, 0, 0);
    }
  }

  private static String text(DataInputStream in, int bytes) throws IOException {
    return new String(in.readNBytes(bytes), StandardCharsets.ISO_8859_1);
  }

  /** All hosts are this one. */
  private static void relay(SocketChannel client, DataInputStream in, int port, int... reply) throws IOException {
    try (SocketChannel onward = SocketChannel.open(new InetSocketAddress(Scene.LOOPBACK, port))) {
      reply(client, reply);
      Thread back = Thread.ofPlatform().daemon().start(() -> {
        try {
          Channels.newInputStream(onward).transferTo(Channels.newOutputStream(client));
          client.shutdownOutput();
        } catch (IOException ended) {
          return;
        }
      });
      OutputStream out = Channels.newOutputStream(onward);
      in.transferTo(out);
      onward.shutdownOutput();
      back.join();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
