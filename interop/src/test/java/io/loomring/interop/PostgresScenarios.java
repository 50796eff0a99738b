package io.loomring.interop;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.loomring.testkit.Await;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;

/** What a program does with PostgreSQL's driver. */
final class PostgresScenarios {
  private static final int COPIED_ROWS = 210_000;
  private static final int CONNECTIONS = 80;

  private PostgresScenarios() {}

  private static String address(Scene scene) {
    return "jdbc:postgresql://127.0.0.1:" + scene.port() + "/postgres";
  }

  private static Properties properties(Scene scene) {
    Properties properties = new Properties();
    properties.setProperty("user", PostgresServer.USER);
    properties.setProperty("ApplicationName", scene.name());
    // Else it is TLS wherever the server has it.
    properties.setProperty("sslmode", "disable");
    scene.factoryName().ifPresent(name -> properties.setProperty("socketFactory", name));
    return properties;
  }

  private static Connection connect(Scene scene, String... more) throws SQLException {
    Properties properties = properties(scene);
    for (int i = 0; i < more.length; i += 2) {
      properties.setProperty(more[i], more[i + 1]);
    }
    return DriverManager.getConnection(address(scene), properties);
  }

  /** The values of a row, of which there is one. */
  private static String ask(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(query)) {
      result.next();
      List<String> values = new ArrayList<>();
      for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
        values.add(result.getString(i));
      }
      return String.join(", ", values);
    }
  }

  private static void execute(Connection connection, String command) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(command);
    }
  }

  /** Waits until the server is in the middle of the query of {@link #sleeping}. */
  private static void awaitSleeping(Scene scene, Connection observer) {
    Await.until("no backend sleeps", () -> ask(observer, "select count(*) from pg_stat_activity where wait_event = "
        + "'PgSleep' and application_name = '" + scene.name() + "'").equals("1"));
  }

  private static Scene.Running<String> sleeping(Scene scene, Connection connection) {
    return scene.start(() -> ask(connection, "select pg_sleep(600)"));
  }

  private static void end(Connection observer, Scene scene) throws SQLException {
    ask(observer, "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = '"
        + scene.name() + "' and pid <> pg_backend_pid()");
  }

  static void queries(Scene scene) throws Exception {
    try (Connection connection = connect(scene)) {
      execute(connection, "create temporary table numbers (n int primary key, t text)");
      try (PreparedStatement insert = connection.prepareStatement("insert into numbers values (?, ?)")) {
        for (int i = 1; i <= 10_000; i++) {
          insert.setInt(1, i);
          insert.setString(2, "number " + i);
          insert.addBatch();
        }
        scene.note("batch", insert.executeBatch().length);
      }
      scene.note("sums", ask(connection, "select count(*), sum(n), sum(length(t)) from numbers"));
      scene.note("by cursor", byCursor(connection));
      try (PreparedStatement one = connection.prepareStatement("select t from numbers where n = ?")) {
        long characters = 0;
        for (int i = 1; i <= 500; i++) {
          one.setInt(1, i);
          try (ResultSet result = one.executeQuery()) {
            result.next();
            characters += result.getString(1).length();
          }
        }
        scene.note("prepared", characters);
      }
      scene.note("a wrong one", Scene.failureOf(() -> ask(connection, "select nothing from nowhere")));
      scene.note("a wrong value", Scene.failureOf(() -> ask(connection, "select 1 / (n - n) from numbers")));
      scene.note("large", large(connection, 8 << 20));
    }
  }

  private static String byCursor(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(100);
      long sum = 0;
      try (ResultSet result = statement.executeQuery("select n from numbers order by n")) {
        while (result.next()) {
          sum = sum * 31 + result.getInt(1);
        }
      }
      return String.valueOf(sum);
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /** Sends many bytes and gets them back. */
  private static boolean large(Connection connection, int count) throws SQLException {
    byte[] bytes = Bytes.random(2, count);
    try (PreparedStatement echo = connection.prepareStatement("select ?::bytea, length(?::bytea)")) {
      echo.setBytes(1, bytes);
      echo.setBytes(2, bytes);
      try (ResultSet result = echo.executeQuery()) {
        result.next();
        return Arrays.equals(bytes, result.getBytes(1)) && result.getInt(2) == count;
      }
    }
  }

  static void copy(Scene scene) throws Exception {
    StringBuilder rows = new StringBuilder(COPIED_ROWS * 110);
    byte[] random = Bytes.random(3, 48 * 1000);
    for (int i = 0; i < COPIED_ROWS; i++) {
      int from = i % 1000 * 48;
      rows.append(i).append('\t').append(HexFormat.of().formatHex(random, from, from + 48)).append('\n');
    }
    byte[] bytes = rows.toString().getBytes(StandardCharsets.US_ASCII);
    try (Connection connection = connect(scene)) {
      execute(connection, "create temporary table copied (n int, t text)");
      CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
      scene.note("rows in", copies.copyIn("copy copied from stdin", new ByteArrayInputStream(bytes)));
      scene.note("bytes", bytes.length);
      scene.note("in", Bytes.digest(bytes));
      MessageDigest digest = Bytes.digest();
      try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
        scene.note("rows out", copies.copyOut("copy copied to stdout", out));
      }
      scene.note("out", Bytes.hex(digest));
      scene.note("wrong rows", Scene.failureOf(
          () -> copies.copyIn("copy copied from stdin", new StringReader("1\tgood\nbad\n"))));
      scene.note("goes on with", ask(connection, "select count(*) from copied"));
    }
  }

  static void cancel(Scene scene) throws Exception {
    try (Connection observer = connect(scene); Connection connection = connect(scene);
        Statement statement = connection.createStatement()) {
      for (int round = 0; round < 10; round++) {
        Scene.Running<Boolean> query = scene.start(() -> statement.execute("select pg_sleep(600)"));
        awaitSleeping(scene, observer);
        statement.cancel();
        scene.note("cancelled", query.failure());
        scene.note("goes on with", ask(connection, "select 42"));
      }
      statement.setQueryTimeout(1);
      scene.note("timed out", Scene.failureOf(() -> statement.execute("select pg_sleep(600)")));
      scene.note("goes on with", ask(connection, "select 43"));
    }
  }

  static void socketTimeout(Scene scene) throws Exception {
    try (Connection observer = connect(scene); Connection connection = connect(scene, "socketTimeout", "1")) {
      scene.note("in time", ask(connection, "select 1"));
      scene.note("too late", Scene.failureOf(() -> ask(connection, "select pg_sleep(600)")));
      scene.note("closed", connection.isClosed());
      scene.note("afterwards", Scene.failureOf(() -> ask(connection, "select 1")));
      end(observer, scene);
    }
  }

  /** Connections that the server, or another thread, ends in the middle of a query. */
  static void cutOff(Scene scene) throws Exception {
    try (Connection observer = connect(scene)) {
      Connection told = connect(scene);
      Scene.Running<String> query = sleeping(scene, told);
      awaitSleeping(scene, observer);
      end(observer, scene);
      scene.note("terminated", query.failure());
      scene.note("closed", told.isClosed());
      told.close();

      Connection aborted = connect(scene);
      query = sleeping(scene, aborted);
      awaitSleeping(scene, observer);
      query.awaitBlockedOnSocket();
      aborted.abort(Runnable::run);
      scene.note("aborted", query.failure());
      scene.note("closed", aborted.isClosed());
      end(observer, scene);

      Connection interrupted = connect(scene);
      query = sleeping(scene, interrupted);
      awaitSleeping(scene, observer);
      query.awaitBlockedOnSocket();
      query.thread.interrupt();
      scene.note("interrupted", query.failure());
      scene.note("closed", interrupted.isClosed());
      end(observer, scene);
      interrupted.close();
    }
  }

  /** Kills the backend, upon which the server drops everybody and begins anew. */
  static void killedBackend(Scene scene) throws Exception {
    Connection other = connect(scene);
    Connection connection = connect(scene);
    long backend = Long.parseLong(ask(connection, "select pg_backend_pid()"));
    Scene.Running<String> query = sleeping(scene, connection);
    awaitSleeping(scene, other);
    ProcessHandle.of(backend).orElseThrow().destroyForcibly();
    scene.note("killed", query.failure());
    scene.note("closed", connection.isClosed());
    scene.note("afterwards", Scene.failureOf(() -> ask(connection, "select 1")));
    connection.close();
    String othersState = null;
    while (othersState == null) {
      othersState = stateAfter(other);
    }
    scene.note("another connection", othersState);
    other.close();
    awaitServer(scene);
  }

  /** How a call on a connection that is being dropped fails: whether the server's last words come is a race. */
  private static String stateAfter(Connection dropped) {
    try {
      ask(dropped, "select 1");
      return null;
    } catch (SQLException e) {
      return List.of("57P02", "08006").contains(e.getSQLState()) ? "dropped" : Scene.describe(e);
    }
  }

  private static void awaitServer(Scene scene) {
    Await.until("the server does not come back", () -> {
      try (Connection connection = connect(scene)) {
        return ask(connection, "select 1").equals("1");
      } catch (SQLException notYet) {
        return false;
      }
    });
  }

  /** Kills the backend while rows are on their way to it. */
  static void killedInCopy(Scene scene) throws Exception {
    Connection connection = connect(scene);
    execute(connection, "create temporary table copied (t text)");
    long backend = Long.parseLong(ask(connection, "select pg_backend_pid()"));
    CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
    CountDownLatch going = new CountDownLatch(1);
    EndlessRows rows = new EndlessRows(going);
    Scene.Running<Long> copy = scene.start(() -> copies.copyIn("copy copied from stdin", rows, 1 << 16));
    going.await();
    ProcessHandle.of(backend).orElseThrow().destroyForcibly();
    try {
      copy.answer();
      throw new AssertionError("an endless copy ended");
    } catch (SQLException e) {
      // Which of its causes it is depends on when the kernel says that nobody is there, here and in the JDK.
      scene.note("killed", e.getClass().getName() + " " + e.getSQLState());
    }
    connection.abort(Runnable::run);
    awaitServer(scene);
  }

  private static final class EndlessRows extends InputStream {
    private static final byte[] ROW = ("x".repeat(1023) + "\n").getBytes(StandardCharsets.US_ASCII);

    private final CountDownLatch going;
    private long at;

    private EndlessRows(CountDownLatch going) {
      this.going = going;
    }

    @Override
    public int read() {
      return ROW[(int) (at++ % ROW.length)];
    }

    @Override
    public int read(byte[] into, int offset, int length) {
      for (int i = 0; i < length; i++) {
        into[offset + i] = (byte) read();
      }
      if (at > 1 << 20) {
        going.countDown();
      }
      return length;
    }
  }

  /** The driver looks for notifications by reads that time out after a millisecond. */
  static void notifications(Scene scene) throws Exception {
    try (Connection listener = connect(scene); Connection notifier = connect(scene)) {
      PGConnection notified = listener.unwrap(PGConnection.class);
      String channel = scene.name();
      execute(listener, "listen " + channel);
      scene.note("none yet", notified.getNotifications(20).length);
      Scene.Running<String> waiting = scene.start(() -> payloads(notified.getNotifications(0)));
      waiting.awaitBlockedOnSocket();
      execute(notifier, "notify " + channel + ", 'first'");
      scene.note("waited for", waiting.answer());
      Map<String, Integer> received = new TreeMap<>();
      Scene.Running<Integer> counting = scene.start(() -> {
        while (received.size() < 1000) {
          for (PGNotification notification : notified.getNotifications(1)) {
            received.merge(notification.getParameter(), 1, Integer::sum);
          }
        }
        return received.size();
      });
      for (int i = 0; i < 1000; i++) {
        execute(notifier, "notify " + channel + ", 'number " + i + "'");
      }
      scene.note("came", counting.answer() + " " + received.values().stream().mapToInt(Integer::intValue).sum());
      scene.note("goes on with", ask(listener, "select 44"));
    }
  }

  private static String payloads(PGNotification[] notifications) {
    List<String> payloads = new ArrayList<>();
    for (PGNotification notification : notifications) {
      payloads.add(notification.getParameter());
    }
    return payloads.toString();
  }

  static void tls(Scene scene) throws Exception {
    try (Connection connection = connect(scene, "sslmode", "verify-full", "sslrootcert", scene.argument(1))) {
      scene.note("TLS", ask(connection, "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()"));
      scene.note("large", large(connection, 4 << 20));
      try (Connection observer = connect(scene)) {
        Scene.Running<String> query = sleeping(scene, connection);
        awaitSleeping(scene, observer);
        end(observer, scene);
        scene.note("terminated", query.failure());
      }
    }
    scene.note("not trusted", Scene.failureOf(() -> connect(scene, "sslmode", "verify-full", "sslrootcert",
        scene.argument(1) + ".not")));
  }

  static void refused(Scene scene) {
    scene.note("nobody listens", Scene.failureOf(
        () -> DriverManager.getConnection("jdbc:postgresql://127.0.0.1:1/postgres", properties(scene))));
    scene.note("no such database", Scene.failureOf(
        () -> DriverManager.getConnection(address(scene) + "_not", properties(scene))));
  }

  static void pool(Scene scene) throws Exception {
    String table = "counters_" + scene.name();
    try (Connection connection = connect(scene)) {
      execute(connection, "create unlogged table " + table + " as select i, 0 as n from generate_series(0, 19) i");
    }
    HikariConfig settings = new HikariConfig();
    settings.setJdbcUrl(address(scene));
    properties(scene).forEach((name, value) -> settings.addDataSourceProperty(name.toString(), value));
    settings.setMaximumPoolSize(20);
    settings.setAutoCommit(false);
    try (HikariDataSource pool = new HikariDataSource(settings)) {
      List<Integer> updated = scene.inThreads(200, number -> {
        int count = 0;
        for (int i = 0; i < 5; i++) {
          try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
            count += statement.executeUpdate("update " + table + " set n = n + 1 where i = " + (number + i) % 20);
            connection.commit();
          }
        }
        return count;
      });
      scene.note("updated", updated.stream().mapToInt(Integer::intValue).sum());
      try (Connection connection = pool.getConnection()) {
        scene.note("counted", ask(connection, "select sum(n), min(n), max(n) from " + table));
        execute(connection, "drop table " + table);
        connection.commit();
      }
    }
  }

  static void manyConnections(Scene scene) throws Exception {
    CountDownLatch open = new CountDownLatch(CONNECTIONS);
    try (Connection observer = connect(scene)) {
      List<String> seen = scene.inThreads(CONNECTIONS, number -> {
        try (Connection connection = connect(scene)) {
          open.countDown();
          if (!open.await(60, TimeUnit.SECONDS)) {
            throw new AssertionError(open.getCount() + " are not open");
          }
          return ask(connection, "select " + number + " from pg_sleep(0.01)");
        }
      });
      scene.note("answers", String.join(" ", seen));
      Await.until("some are left", () -> ask(observer, "select count(*) from pg_stat_activity where "
          + "application_name = '" + scene.name() + "'").equals("1"));
    }
  }
}
