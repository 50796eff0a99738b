package io.loomring.interop;

import java.util.List;

/** Redis that keeps nothing on disk. */
final class RedisServer extends ServerProcess {
  RedisServer() {
    super("redis", "Ready to accept connections");
    start(() -> List.of("redis-server", "--port", String.valueOf(port()), "--bind", "127.0.0.1", "--save", "",
        "--appendonly", "no", "--dir", directory().toString()));
  }
}
