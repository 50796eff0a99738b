package io.loomring.interop;

/** Redis that keeps nothing on disk. */
final class RedisServer extends ServerProcess {
  RedisServer() {
    super("redis");
    start("redis-server", "--port", String.valueOf(port()), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
        "--dir", directory().toString());
  }
}
