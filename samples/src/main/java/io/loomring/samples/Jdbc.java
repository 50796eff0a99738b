package io.loomring.samples;

import io.loomring.api.Uring;
import io.loomring.net.UringSocketFactory;
import io.loomring.net.UringSocketImplFactory;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.h2.tools.Server;
import org.jspecify.annotations.Nullable;

/**
 * {@code jdbc}: a database's own driver on the ring, and a virtual thread for each connection. A driver that takes the name
 * of a socket factory, as PostgreSQL's does, gets that; for one that makes plain sockets, as H2's does, all plain sockets
 * are put on the ring.
 */
final class Jdbc implements Loomring.Command {
  private static final int DEFAULT_CONNECTIONS = 8;
  private static final int MOST_CONNECTIONS = 1000;
  private static final int ROWS = 1000;

  @Override
  public String help() {
    return """
        Usage: ./loomring jdbc [flags]

        Connects many times at once to a database, over sockets on the ring, has each connection write %d rows into a
        table of its own, temporary, and read them back; checks the sums, and says how much went through the ring.
        Without --url it starts a server of H2's in this process, in memory.

          --url U          a database of PostgreSQL's (jdbc:postgresql://HOST:PORT/NAME) or H2's
          --user U         who connects
          --password P     and by what password
          --connections N  how many at once, %d by default, at most %d

        Exit status: 0; 1 if something fails, which standard error says, or io_uring cannot be had; 2 for wrong
        arguments.
        """.formatted(ROWS, DEFAULT_CONNECTIONS, MOST_CONNECTIONS);
  }

  @Override
  public Set<String> flags() {
    return Set.of("--url", "--user", "--password", "--connections");
  }

  @Override
  public int run(Arguments arguments) throws UsageException {
    int connections = arguments.number("--connections", 1, MOST_CONNECTIONS, DEFAULT_CONNECTIONS);
    String url = arguments.text("--url", "");
    if (!url.isEmpty() && !url.matches("jdbc:(postgresql|h2):.*")) {
      throw new UsageException("--url " + url + ": begins with jdbc:postgresql: or jdbc:h2:");
    }
    Properties settings = new Properties();
    settings.setProperty("user", arguments.text("--user", ""));
    settings.setProperty("password", arguments.text("--password", ""));
    Uring.ensureAvailable();
    Server own = null;
    try {
      if (url.startsWith("jdbc:postgresql:")) {
        settings.setProperty("socketFactory", UringSocketFactory.class.getName());
      } else {
        UringSocketImplFactory.install();
      }
      if (url.isEmpty()) {
        own = Server.createTcpServer("-tcpPort", "0", "-ifNotExists").start();
        url = "jdbc:h2:tcp://127.0.0.1:" + own.getPort() + "/mem:sample";
      }
      long before = Uring.getDefault().stats().operations();
      long sum = queryAll(url, settings, connections);
      System.out.println(connections + " connections, " + connections * ROWS + " rows, sum " + sum + ", operations on "
          + "the ring: " + (Uring.getDefault().stats().operations() - before));
      return Loomring.OK;
    } catch (SQLException | IOException e) {
      Loomring.complain("jdbc", String.valueOf(e.getMessage()));
      return Loomring.FAILED;
    } finally {
      stop(own);
    }
  }

  private static void stop(@Nullable Server server) {
    if (server != null) {
      server.stop();
    }
  }

  private static long queryAll(String url, Properties settings, int connections) throws SQLException, IOException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Long>> sums = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        sums.add(threads.submit(() -> query(url, settings)));
      }
      long total = 0;
      for (Future<Long> sum : sums) {
        total += sum.get();
      }
      return total;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException failed) {
        throw failed;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  /** What anybody writes with JDBC: nothing in here knows of a ring. */
  private static long query(String url, Properties settings) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, settings);
        Statement statement = connection.createStatement()) {
      statement.execute("create local temporary table numbers(n int, words varchar(2000))");
      try (PreparedStatement insert = connection.prepareStatement("insert into numbers values (?, ?)")) {
        for (int i = 1; i <= ROWS; i++) {
          insert.setInt(1, i);
          insert.setString(2, "x".repeat(i));
          insert.addBatch();
        }
        insert.executeBatch();
      }
      long sum = 0;
      try (ResultSet rows = statement.executeQuery("select n, words from numbers order by n")) {
        while (rows.next()) {
          if (rows.getString(2).length() != rows.getInt(1)) {
            throw new SQLException("row " + rows.getInt(1) + " has " + rows.getString(2).length() + " characters");
          }
          sum += rows.getInt(1);
        }
      }
      if (sum != ROWS * (ROWS + 1L) / 2) {
        throw new SQLException("the sum is " + sum);
      }
      return sum;
    }
  }
}
