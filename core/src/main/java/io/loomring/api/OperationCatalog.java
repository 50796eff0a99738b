package io.loomring.api;

import io.loomring.ring.Opcode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What this library has for each operation code of io_uring: the method that blocks for it, and the test of the library's
 * own that has the kernel run it. {@code ./loomring ops} prints it, and a test holds it to the truth.
 *
 * @since 0.1
 */
public final class OperationCatalog {
  private static final String NOTHING = "-";

  /**
   * What there is for one operation code.
   *
   * @param opcode the code
   * @param method class and method, in {@code io.loomring.api} unless the package is named; null where there is none
   * @param test class and method of the test, in {@code io.loomring.api} unless the package is named; null for none
   * @param waits whether it may wait for somebody else, so that all the ways to end it early are tested
   */
  public record Row(Opcode opcode, @Nullable String method, @Nullable String test, boolean waits) {}

  private OperationCatalog() {}

  /** One row for each code, by number. */
  public static List<Row> rows() {
    try (InputStream table = OperationCatalog.class.getResourceAsStream("operations.tsv")) {
      if (table == null) {
        throw new IllegalStateException("operations.tsv is missing beside " + OperationCatalog.class);
      }
      return new BufferedReader(new InputStreamReader(table, StandardCharsets.UTF_8))
          .lines()
          .skip(1)
          .map(line -> line.split("\t"))
          .map(cells -> new Row(Opcode.valueOf(cells[1]), named(cells[2]), named(cells[3]), cells[4].equals("yes")))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable String named(String cell) {
    return cell.equals(NOTHING) ? null : cell;
  }
}
