package io.loomring.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.ChildJvm;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** JDBC with H2, whose server is in the program; with PostgreSQL it is tried in the module interop. */
class JdbcTest {
  @Test
  void everyConnectionGetsItsRowsBackOverTheRing() {
    String out = ChildJvm.of(Loomring.class, "jdbc", "--connections", "4").run().succeeded();
    Matcher line = Pattern.compile("4 connections, 4000 rows, sum 2002000, operations on the ring: (\\d+)\n").matcher(out);
    assertTrue(line.matches(), out);
    assertTrue(Integer.parseInt(line.group(1)) > 100, out);
  }

  @Test
  void aDatabaseThatIsDownIsNamed() throws Exception {
    // Bound, and nobody listens: it refuses, and nobody else gets it.
    try (Socket refusing = new Socket()) {
      refusing.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = refusing.getLocalPort();
      InProcess.Result result = InProcess.run("jdbc", "--url", "jdbc:postgresql://127.0.0.1:" + port + "/none");
      assertEquals(1, result.status());
      assertTrue(result.err().startsWith("jdbc: Connection to 127.0.0.1:" + port + " refused."), result::toString);
    }
  }

  @Test
  void anotherDatabaseIsNone() {
    assertEquals(
        new InProcess.Result(2, "", "jdbc: --url jdbc:x:y: begins with jdbc:postgresql: or jdbc:h2:; "
            + "./loomring jdbc --help lists the flags\n"),
        InProcess.run("jdbc", "--url", "jdbc:x:y"));
  }
}
