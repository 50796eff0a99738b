package io.loomring.interop;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.Call;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import okio.Okio;

/** What a program does with OkHttp and with the JDK's {@link HttpURLConnection}. */
final class HttpScenarios {
  private HttpScenarios() {}

  private static X509TrustManager trust(Scene scene) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(Path.of(scene.argument(1)))) {
      store.setCertificateEntry("server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return (X509TrustManager) factory.getTrustManagers()[0];
  }

  private static SSLSocketFactory tls(X509TrustManager trust) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new X509TrustManager[] {trust}, null);
    return context.getSocketFactory();
  }

  /** A client for one scenario, without what it would keep. */
  private static final class Client implements AutoCloseable {
    private final OkHttpClient client;

    private Client(Scene scene) throws Exception {
      X509TrustManager trust = trust(scene);
      client = new OkHttpClient.Builder()
          .socketFactory(scene.sockets())
          .sslSocketFactory(tls(trust), trust)
          .readTimeout(Duration.ofSeconds(30))
          .build();
    }

    private Call call(Request.Builder request) {
      return client.newCall(request.build());
    }

    @Override
    public void close() {
      client.dispatcher().executorService().close();
      client.connectionPool().evictAll();
    }
  }

  private static String address(Scene scene, String path) {
    return "https://127.0.0.1:" + scene.port() + "/" + path;
  }

  private static Request.Builder get(Scene scene, String path) {
    return new Request.Builder().url(address(scene, path));
  }

  static void keepAlive(Scene scene) throws Exception {
    Set<String> connections = new TreeSet<>();
    String requests = null;
    try (Client client = new Client(scene)) {
      for (int i = 0; i < 300; i++) {
        try (Response response = client.call(get(scene, "small")).execute()) {
          connections.add(response.header("X-Connection"));
          requests = response.header("X-Requests");
          if (!response.body().string().equals("small")) {
            throw new AssertionError(response);
          }
        }
      }
    }
    scene.note("connections", connections.size());
    scene.note("requests of the last", requests);
  }

  static void download(Scene scene) throws Exception {
    try (Client client = new Client(scene); Response response = client.call(get(scene, "large")).execute()) {
      scene.note("status", response.code() + " " + response.protocol());
      scene.note("body", Bytes.digest(response.body().byteStream()));
    }
  }

  static void upload(Scene scene) throws Exception {
    RequestBody body = new RequestBody() {
      @Override
      public MediaType contentType() {
        return null;
      }

      @Override
      public long contentLength() {
        return NginxServer.LARGE_BYTES;
      }

      @Override
      public void writeTo(BufferedSink sink) throws IOException {
        try (var source = Okio.source(Bytes.stream(NginxServer.LARGE_BYTES))) {
          sink.writeAll(source);
        }
      }
    };
    try (Client client = new Client(scene);
        Response response = client.call(get(scene, "put/" + scene.name()).put(body)).execute()) {
      scene.note("status", response.code());
    }
    noteUploaded(scene);
  }

  private static void noteUploaded(Scene scene) throws IOException {
    Path file = Path.of(scene.argument(2), scene.name());
    try (InputStream in = Files.newInputStream(file)) {
      scene.note("came", Bytes.digest(in));
    }
    Files.delete(file);
  }

  static void timeouts(Scene scene) throws Exception {
    try (Client client = new Client(scene)) {
      Call limited = client.call(get(scene, "slow"));
      limited.timeout().timeout(500, TimeUnit.MILLISECONDS);
      // Its cause is how far the call had come by then.
      scene.note("call timeout", Scene.failureOf(() -> consumed(limited)).replaceFirst(", caused by .*", ""));
      Call cancelled = client.call(get(scene, "slow"));
      Scene.Running<String> call = scene.start(() -> consumed(cancelled));
      call.awaitBlockedOnSocket();
      cancelled.cancel();
      String failure = call.failure();
      // "Canceled" before the answer's head came, and what the socket says after: in a read, or between two.
      scene.note("cancelled", failure.startsWith("java.io.IOException \"Canceled\"")
          || failure.startsWith("java.net.SocketException \"Socket closed\"")
          || failure.startsWith("java.net.SocketException \"Socket is closed\"") ? "as expected" : failure);
      try (Response response = client.call(get(scene, "small")).execute()) {
        scene.note("goes on with", response.body().string());
      }
    }
  }

  private static String consumed(Call call) throws IOException {
    try (Response response = call.execute()) {
      return Bytes.digest(response.body().byteStream());
    }
  }

  static void manyAtOnce(Scene scene) throws Exception {
    try (Client client = new Client(scene)) {
      List<String> answers = scene.inThreads(200, number -> consumed(client.call(get(scene, "small?" + number))));
      scene.note("answers", answers.size() + " of " + Set.copyOf(answers));
    }
  }

  /** Calls that share a connection, which a thread of the client's reads from. */
  static void http2(Scene scene) throws Exception {
    try (Client client = new Client(scene)) {
      String address = "https://127.0.0.1:" + scene.argument(3);
      try (Response first = client.call(new Request.Builder().url(address + "/small")).execute()) {
        scene.note("protocol", first.protocol());
        first.body().string();
      }
      List<String> connections = scene.inThreads(100, number -> {
        try (Response response = client.call(new Request.Builder().url(address + "/small?" + number)).execute()) {
          if (!response.body().string().equals("small")) {
            throw new AssertionError(response);
          }
          return response.header("X-Connection");
        }
      });
      scene.note("connections", Set.copyOf(connections).size());
      try (Response response = client.call(new Request.Builder().url(address + "/large")).execute()) {
        scene.note("large", Bytes.digest(response.body().byteStream()));
      }
    }
  }

  /** Lets the JDK's client make plain sockets as the scene wants them, and TLS over those. */
  private static final class TlsOver extends SSLSocketFactory {
    private final SocketFactory plain;
    private final SSLSocketFactory tls;

    private TlsOver(SocketFactory plain, SSLSocketFactory tls) {
      this.plain = plain;
      this.tls = tls;
    }

    @Override
    public Socket createSocket() throws IOException {
      return plain.createSocket();
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
      return tls.createSocket(socket, host, port, autoClose);
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return createSocket(plain.createSocket(host, port), host, port, true);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
      return createSocket(plain.createSocket(host, port, local, localPort), host, port, true);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return createSocket(plain.createSocket(host, port), host.getHostAddress(), port, true);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
      return createSocket(plain.createSocket(host, port, local, localPort), host.getHostAddress(), port, true);
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return tls.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return tls.getSupportedCipherSuites();
    }
  }

  private static SSLSocketFactory tlsOf(Scene scene) throws Exception {
    SSLSocketFactory tls = tls(trust(scene));
    return scene.factoryName().isPresent() ? new TlsOver(scene.sockets(), tls) : tls;
  }

  /** Connections are kept by factory: one scenario has one. */
  private static HttpsURLConnection open(Scene scene, SSLSocketFactory tls, String path) throws IOException {
    HttpsURLConnection connection =
        (HttpsURLConnection) URI.create(address(scene, path)).toURL().openConnection();
    connection.setSSLSocketFactory(tls);
    return connection;
  }

  /** Ends the connection that the JDK has kept for the next request to this server. */
  private static void forget(Scene scene, SSLSocketFactory tls) throws IOException {
    HttpsURLConnection last = open(scene, tls, "small");
    last.setRequestProperty("Connection", "close");
    last.getInputStream().readAllBytes();
    last.disconnect();
  }

  static void jdkKeepAlive(Scene scene) throws Exception {
    SSLSocketFactory tls = tlsOf(scene);
    Set<String> connections = new TreeSet<>();
    String requests = null;
    for (int i = 0; i < 300; i++) {
      HttpsURLConnection connection = open(scene, tls, "small");
      if (!new String(connection.getInputStream().readAllBytes()).equals("small")) {
        throw new AssertionError(connection);
      }
      connections.add(connection.getHeaderField("X-Connection"));
      requests = connection.getHeaderField("X-Requests");
    }
    scene.note("connections", connections.size());
    scene.note("requests of the last", requests);
    forget(scene, tls);
  }

  static void jdkDownload(Scene scene) throws Exception {
    SSLSocketFactory tls = tlsOf(scene);
    HttpsURLConnection connection = open(scene, tls, "large");
    scene.note("status", connection.getResponseCode());
    scene.note("body", Bytes.digest(connection.getInputStream()));
    forget(scene, tls);
  }

  static void jdkUpload(Scene scene) throws Exception {
    SSLSocketFactory tls = tlsOf(scene);
    HttpsURLConnection connection = open(scene, tls, "put/" + scene.name());
    connection.setRequestMethod("PUT");
    connection.setDoOutput(true);
    connection.setFixedLengthStreamingMode(NginxServer.LARGE_BYTES);
    try (OutputStream out = connection.getOutputStream()) {
      Bytes.stream(NginxServer.LARGE_BYTES).transferTo(out);
    }
    scene.note("status", connection.getResponseCode());
    connection.getInputStream().close();
    noteUploaded(scene);
    forget(scene, tls);
  }

  static void jdkTimeout(Scene scene) throws Exception {
    SSLSocketFactory tls = tlsOf(scene);
    HttpURLConnection connection = open(scene, tls, "slow");
    connection.setReadTimeout(300);
    scene.note("too late", Scene.failureOf(() -> Bytes.digest(connection.getInputStream())));
    connection.disconnect();
  }
}
