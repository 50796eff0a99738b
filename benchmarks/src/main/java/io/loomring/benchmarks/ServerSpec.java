package io.loomring.benchmarks;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server to measure, as the command line names it: {@code KIND[@PARALLELISM][+timeout][+WATCHED]}.
 *
 * @param kind which
 * @param parallelism carriers of the JDK's scheduler, 0 for as many as the server has cores
 * @param timeout whether every accepted socket has SO_TIMEOUT set
 * @param watched how it is watched, or null for not at all
 */
record ServerSpec(Kind kind, int parallelism, boolean timeout, @Nullable Watched watched) {
  enum Kind {
    JDK("jdk"),
    URING("uring"),
    URING_LOOP("uring-loop"),
    NETTY_URING("netty-uring"),
    NETTY_EPOLL("netty-epoll"),
    RAW("raw"),
    RAW_MULTISHOT("raw-multishot");

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
          + " netty-epoll, raw, raw-multishot, with @PARALLELISM, +timeout or +WATCHED behind it");
    }
  }

  static ServerSpec parse(String text) {
    String[] words = text.split("\\+");
    String rest = words[0];
    boolean timeout = false;
    Watched watched = null;
    for (int i = 1; i < words.length; i++) {
      if (words[i].equals("timeout")) {
        timeout = true;
      } else {
        watched = Watched.of(words[i]);
      }
    }
    int at = rest.indexOf('@');
    int parallelism = at < 0 ? 0 : Integer.parseInt(rest.substring(at + 1));
    return new ServerSpec(Kind.of(at < 0 ? rest : rest.substring(0, at)), parallelism, timeout, watched);
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
    return kind.word + (parallelism == 0 ? "" : "@" + parallelism) + (timeout ? "+timeout" : "")
        + (watched == null ? "" : "+" + watched);
  }
}
