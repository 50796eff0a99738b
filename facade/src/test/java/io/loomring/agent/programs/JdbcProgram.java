package io.loomring.agent.programs;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import org.h2.tools.Server;

/** JDBC with the driver and the server of H2. */
public final class JdbcProgram {
  private static final Thread CLIENT = Thread.currentThread();
  private static final int ROWS = 1000;

  private JdbcProgram() {}

  public static void main(String[] args) throws Exception {
    Server server = Server.createTcpServer("-tcpPort", "0", "-ifNotExists").start();
    String url = "jdbc:h2:tcp://127.0.0.1:" + server.getPort() + "/mem:test";
    try (Connection connection = DriverManager.getConnection(url); Statement statement = connection.createStatement()) {
      statement.execute("create table numbers(n int, text varchar)");
      try (PreparedStatement insert = connection.prepareStatement("insert into numbers values (?, ?)")) {
        for (int i = 1; i <= ROWS; i++) {
          insert.setInt(1, i);
          insert.setString(2, "x".repeat(i));
          insert.addBatch();
        }
        insert.executeBatch();
      }
      System.out.println("rows, sum, characters: "
          + answer(statement, "select count(*), sum(n), sum(length(text)) from numbers"));
      statement.execute("create alias whose for 'io.loomring.agent.programs.JdbcProgram.whose'");
      System.out.println("the driver's socket is " + answer(statement, "call whose()"));
    } finally {
      server.stop();
    }
  }

  private static String answer(Statement statement, String query) throws Exception {
    try (ResultSet result = statement.executeQuery(query)) {
      result.next();
      StringBuilder answer = new StringBuilder(result.getString(1));
      for (int i = 2; i <= result.getMetaData().getColumnCount(); i++) {
        answer.append(", ").append(result.getString(i));
      }
      return answer.toString();
    }
  }

  /** Called by the server while the client waits for the answer. */
  public static String whose() {
    return Whose.socketOf(CLIENT);
  }
}
