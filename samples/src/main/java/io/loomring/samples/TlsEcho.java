package io.loomring.samples;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.UnrecoverableKeyException;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * {@code tls-echo}: sends back what it receives, over TLS. The TLS is the JDK's: a socket of its, layered over the one that
 * was accepted, whose bytes go through the ring.
 */
final class TlsEcho extends ServerCommand {
  private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(10);

  TlsEcho() {
    super("tls-echo", 7443);
  }

  @Override
  public String help() {
    return """
        Usage: ./loomring tls-echo --key-store FILE [flags]

        Sends back what it receives, over TLS. keytool makes a key and a certificate to try it with:
          keytool -genkeypair -alias me -keyalg EC -dname CN=localhost -storepass changeit -keystore FILE

          --key-store FILE     the server's key and certificate, in PKCS12 or JKS
          --password P         of the key store, changeit by default

        A peer has %d s for its handshake.

        """.formatted(HANDSHAKE_LIMIT.toSeconds()) + commonHelp();
  }

  @Override
  Set<String> ownFlags() {
    return Set.of("--key-store", "--password");
  }

  @Override
  TcpServer listen(Arguments arguments, Transport transport, InetSocketAddress address, int maxConnections)
      throws UsageException, IOException {
    String file = arguments.required("--key-store");
    char[] password = arguments.text("--password", "changeit").toCharArray();
    return new Server(transport, address, maxConnections, context(file, password));
  }

  private static SSLContext context(String file, char[] password) throws UsageException {
    try {
      if (!Files.isRegularFile(Path.of(file))) {
        throw new UsageException("--key-store " + file + ": no such file");
      }
      KeyStore store = KeyStore.getInstance(Path.of(file).toFile(), password);
      boolean hasKey = false;
      for (String alias : Collections.list(store.aliases())) {
        hasKey |= store.isKeyEntry(alias);
      }
      if (!hasKey) {
        throw new UsageException("--key-store " + file + ": no private key in it");
      }
      KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      boolean wrong = e instanceof UnrecoverableKeyException || e.getCause() instanceof UnrecoverableKeyException;
      throw new UsageException("--key-store " + file + ": " + (wrong ? "wrong --password" : e.getMessage()));
    }
  }

  static final class Server extends TcpServer {
    private final SSLContext context;
    private final LongAdder bytesEchoed = new LongAdder();
    private final LongAdder refusedHandshakes = new LongAdder();

    Server(Transport transport, InetSocketAddress address, int maxConnections, SSLContext context) throws IOException {
      super("tls-echo", transport, address, maxConnections);
      this.context = context;
    }

    @Override
    void serve(Socket socket) throws IOException {
      // The server's side of a connection that somebody else has accepted; it closes the socket below with itself.
      try (SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true)) {
        handshake(tls);
        InputStream in = tls.getInputStream();
        OutputStream out = tls.getOutputStream();
        byte[] buffer = new byte[16 * 1024];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          out.write(buffer, 0, count);
          bytesEchoed.add(count);
        }
      }
    }

    private void handshake(SSLSocket tls) throws IOException {
      tls.setSoTimeout((int) HANDSHAKE_LIMIT.toMillis());
      try {
        tls.startHandshake();
      } catch (IOException e) {
        refusedHandshakes.increment();
        throw e;
      }
      tls.setSoTimeout(0);
    }

    @Override
    String refusal() {
      // No words: a peer of TLS would not understand them.
      return "";
    }

    @Override
    String done() {
      return bytesEchoed + " bytes echoed, " + refusedHandshakes + " handshakes failed, ";
    }
  }
}
