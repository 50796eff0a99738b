package io.loomring.samples;

import io.loomring.api.OperationCatalog;
import io.loomring.api.Uring;
import io.loomring.api.UringConfig;
import io.loomring.ring.KernelSupport;
import java.util.Set;

/** {@code ops}: every operation code of io_uring, whether this kernel has it, the method for it, and its test. */
final class Ops implements Loomring.Command {
  @Override
  public String help() {
    return """
        Usage: ./loomring ops

        Prints one line for each operation code of io_uring: its number and name, whether this kernel has it, and since
        which version kernels do, the method of the library that blocks for it, and the test that has a kernel run it.
        What stands in io.loomring.api is named without its package.

        Exit status: 0, or 1 if there is no io_uring here to ask; 2 for wrong arguments.
        """;
  }

  @Override
  public Set<String> flags() {
    return Set.of();
  }

  @Override
  public int run(Arguments arguments) {
    KernelSupport kernel;
    try (Uring uring = Uring.open(UringConfig.defaults().withName("ops"))) {
      kernel = uring.support();
    }
    line("no", "opcode", "here", "since", "method", "test");
    for (OperationCatalog.Row row : OperationCatalog.rows()) {
      line(
          Integer.toString(row.opcode().code()),
          row.opcode().name(),
          kernel.has(row.opcode()) ? "yes" : "no",
          row.opcode().since(),
          row.method() == null ? "-" : row.method(),
          row.test() == null ? "-" : row.test());
    }
    return Loomring.OK;
  }

  private static void line(String... cells) {
    System.out.println(String.format("%2s  %-16s  %-4s  %-5s  %-32s  %s", (Object[]) cells).stripTrailing());
  }
}
