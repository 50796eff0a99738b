package io.loomring.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * A server to measure, as the command line names it: {@code KIND[@PARALLELISM][+timeout]}.
 *
 * @param kind which
 * @param parallelism carriers of the JDK's scheduler, 0 for as many as the server has cores
 * @param timeout whether every accepted socket has SO_TIMEOUT set
 */
record ServerSpec(Kind kind, int parallelism, boolean timeout) {
  enum Kind {
    JDK("jdk"),
    URING("uring"),
    URING_LOOP("uring-loop"),
    NETTY_URING("netty-uring"),
    NETTY_EPOLL("netty-epoll"),
    RAW("raw");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    static Kind of(String word) {
      for (Kind kind : values()) {
        if (kind.word.equals(word)) {
          return kind;
        }
      }
      throw new IllegalArgumentException("server '" + word + "': one of jdk, uring, uring-loop, netty-uring,"
          + " netty-epoll, raw,"
          + " with @PARALLELISM or +timeout behind it");
    }
  }

  static ServerSpec parse(String text) {
    boolean timeout = text.endsWith("+timeout");
    String rest = timeout ? text.substring(0, text.length() - "+timeout".length()) : text;
    int at = rest.indexOf('@');
    int parallelism = at < 0 ? 0 : Integer.parseInt(rest.substring(at + 1));
    return new ServerSpec(Kind.of(at < 0 ? rest : rest.substring(0, at)), parallelism, timeout);
  }

  static List<ServerSpec> parseAll(String commaSeparated) {
    List<ServerSpec> specs = new ArrayList<>();
    for (String one : commaSeparated.split(",")) {
      specs.add(parse(one.trim()));
    }
    return specs;
  }

  @Override
  public String toString() {
    return kind.word + (parallelism == 0 ? "" : "@" + parallelism) + (timeout ? "+timeout" : "");
  }
}
