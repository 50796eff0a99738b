package io.loomring.benchmarks;

import java.io.IOException;

/** The command {@code bench}. */
public final class Bench {
  private static final String USAGE = """
      usage: loomring bench echo|accept|stream|idle|file|transfer|jmh [options]

        echo    echo servers side by side
          --servers LIST      of jdk, uring, uring-loop, netty-uring, netty-epoll, each with
                              @PARALLELISM, +timeout, or how it is watched behind it: +jmx, +timed, +jfr, +events,
                              +allevents, +stackless, or +again for not at all, but once more
          --connections LIST  default 1,16,256,2000
          --size BYTES        of a message, default 64
          --rounds N          default 5
          --pin server|none   server on core 0 and load on core 1, or nothing pinned; default server
          --slice MILLIS      length of a slice, default 1500
          --warm MILLIS       before each slice, default 300
          --preheat MILLIS    of each server, once, before all; default 3000
          --jvm OPTIONS       for the servers' JVMs
          --tsv FILE          writes the table there too

        accept  connections per second: connect, one byte there and back, reset
        stream  one-way throughput, into a server that throws the bytes away
          --servers LIST --connections N (8) --size BYTES (65536, of a write) --rounds N (5) --slice MILLIS (1500)
          --preheat MILLIS (6000) --pin server|none

        idle    resident memory of a connection that only waits
          --servers LIST --connections N (10000)

        file    random reads of 4 KiB from many virtual threads, each block verified
          --subjects LIST     of jdk (FileChannel), uring, uring-loop; default all
          --modes LIST        of direct (O_DIRECT), cold (dropped from the page cache before each slice), cached,
                              busy (no file: memory is copied and verified), idle (no threads but the ticker);
                              default direct,cold,cached
          --threads N (256) --carriers N (2) --mib N (1024, of the file) --dir DIRECTORY (for the file)
          --rounds N (5) --slice MILLIS (1000) --warm MILLIS (200) --preheat MILLIS (3000) --tsv FILE

        transfer  a cached file into a socket: FileChannel.transferTo, read and write, UringSocket.transferFrom,
                  splices
          --mib N (512, of the file) --part BYTES (16777216, of a call) --dir DIRECTORY (for the file)
          --rounds N (9) --warm N (3, rounds)

        jmh     the parts one by one
          [REGEX] [--forks N (1)] [--iterations N (3)] [--warmups N (2)] [--millis N (300, of an iteration)]
          [--json FILE]
      """;

  private Bench() {}

  public static void main(String[] args) {
    String which = args.length < 2 ? "--help" : args[1];
    try {
      switch (which) {
        case "echo" -> new EchoBench(args).run();
        case "accept", "stream" -> new ThroughputBench(args).run();
        case "idle" -> new IdleBench(args).run();
        case "file" -> new FileBench(args).run();
        case "transfer" -> new TransferBench(args).run();
        case "jmh" -> new JmhBench(args).run();
        case "--help", "-h" -> System.out.print(USAGE);
        default -> throw new IllegalArgumentException(
            "no benchmark '" + which + "': there are echo, accept, stream, idle, file, transfer and jmh");
      }
    } catch (IllegalArgumentException wrong) {
      System.err.println("loomring bench: " + wrong.getMessage());
      System.exit(2);
    } catch (IOException failed) {
      System.err.println("loomring bench: " + failed.getMessage());
      System.exit(1);
    }
  }
}
