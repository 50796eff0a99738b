package io.loomring.interop;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.DefaultJedisSocketFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.JedisSocketFactory;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.args.ClientPauseMode;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.params.ClientKillParams;

/** What a program does with Jedis. */
final class RedisScenarios {
  private static final int PIPELINED = 100_000;
  private static final int TIMEOUT_MILLIS = 30_000;

  private RedisScenarios() {}

  private static Jedis connect(Scene scene, int timeoutMillis) {
    JedisClientConfig settings =
        DefaultJedisClientConfig.builder().socketTimeoutMillis(timeoutMillis).clientName(scene.name()).build();
    HostAndPort address = new HostAndPort("127.0.0.1", scene.port());
    JedisSocketFactory sockets = scene.factoryName().isPresent()
        ? () -> connected(scene, address, timeoutMillis)
        : new DefaultJedisSocketFactory(address, settings);
    return new Jedis(sockets, settings);
  }

  private static Jedis connect(Scene scene) {
    return connect(scene, TIMEOUT_MILLIS);
  }

  private static Socket connected(Scene scene, HostAndPort address, int timeoutMillis) {
    try {
      Socket socket = scene.sockets().createSocket();
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), timeoutMillis);
      socket.setSoTimeout(timeoutMillis);
      return socket;
    } catch (IOException e) {
      throw new JedisConnectionException("Failed to connect to " + address, e);
    }
  }

  static void pipeline(Scene scene) {
    String key = scene.name();
    try (Jedis jedis = connect(scene)) {
      List<Response<Long>> lengths = new ArrayList<>();
      Pipeline pipeline = jedis.pipelined();
      for (int i = 0; i < PIPELINED; i++) {
        lengths.add(pipeline.rpush(key, "value " + i));
      }
      pipeline.sync();
      int right = 0;
      for (int i = 0; i < PIPELINED; i++) {
        right += lengths.get(i).get() == i + 1 ? 1 : 0;
      }
      scene.note("answers in order", right);
      List<String> values = jedis.lrange(key, 0, -1);
      right = 0;
      for (int i = 0; i < PIPELINED; i++) {
        right += values.get(i).equals("value " + i) ? 1 : 0;
      }
      scene.note("values in order", right);
      scene.note("deleted", jedis.del(key));
    }
  }

  static void large(Scene scene) {
    byte[] key = scene.name().getBytes();
    byte[] value = Bytes.random(4, 32 << 20);
    try (Jedis jedis = connect(scene)) {
      scene.note("set", jedis.set(key, value));
      scene.note("came back", Arrays.equals(value, jedis.get(key)));
      scene.note("deleted", jedis.del(key));
    }
  }

  static void publish(Scene scene) throws Exception {
    int count = 10_000;
    CountDownLatch subscribed = new CountDownLatch(1);
    List<String> received = new ArrayList<>();
    JedisPubSub subscriber = new JedisPubSub() {
      @Override
      public void onSubscribe(String channel, int channels) {
        subscribed.countDown();
      }

      @Override
      public void onMessage(String channel, String message) {
        received.add(message);
        if (received.size() == count) {
          unsubscribe();
        }
      }
    };
    try (Jedis listener = connect(scene); Jedis publisher = connect(scene)) {
      Scene.Running<Integer> listening = scene.start(() -> {
        listener.subscribe(subscriber, scene.name());
        return received.size();
      });
      subscribed.await();
      long receivers = 0;
      for (int i = 0; i < count; i++) {
        receivers += publisher.publish(scene.name(), "message " + i);
      }
      scene.note("sent to", receivers);
      scene.note("came", listening.answer());
      int right = 0;
      for (int i = 0; i < count; i++) {
        right += received.get(i).equals("message " + i) ? 1 : 0;
      }
      scene.note("in order", right);
      scene.note("goes on with", listener.ping());
    }
  }

  static void blockingPop(Scene scene) throws Exception {
    String key = scene.name();
    try (Jedis other = connect(scene)) {
      Jedis waiting = connect(scene);
      Scene.Running<List<String>> pop = scene.start(() -> waiting.blpop(0, key));
      pop.awaitBlockedOnSocket();
      other.rpush(key, "a value");
      scene.note("popped", pop.answer().getLast());
      scene.note("nothing in time", waiting.blpop(0.1, key));

      for (int round = 0; round < 20; round++) {
        Jedis closed = connect(scene);
        Scene.Running<List<String>> cut = scene.start(() -> closed.blpop(0, key));
        cut.awaitBlockedOnSocket();
        closed.close();
        scene.note("closed", cut.failure());
      }

      pop = scene.start(() -> waiting.blpop(0, key));
      pop.awaitBlockedOnSocket();
      pop.thread.interrupt();
      scene.note("interrupted", pop.failure());
      waiting.close();

      Jedis killed = connect(scene);
      long id = killed.clientId();
      pop = scene.start(() -> killed.blpop(0, key));
      pop.awaitBlockedOnSocket();
      scene.note("kill", other.clientKill(new ClientKillParams().id(String.valueOf(id))));
      scene.note("killed", pop.failure());
      scene.note("broken", killed.isBroken());
      killed.close();
      scene.note("goes on with", other.ping());
    }
  }

  static void timeout(Scene scene) {
    try (Jedis jedis = connect(scene, 300); Jedis other = connect(scene)) {
      scene.note("in time", jedis.ping());
      // Its own answers are not held up; those to writers are.
      other.clientPause(3000, ClientPauseMode.WRITE);
      try {
        scene.note("too late", Scene.failureOf(() -> jedis.set(scene.name(), "a value")));
      } finally {
        other.clientUnpause();
      }
      scene.note("broken", jedis.isBroken());
    }
  }

  static void threads(Scene scene) throws Exception {
    List<Long> counts = scene.inThreads(200, number -> {
      try (Jedis jedis = connect(scene)) {
        long last = 0;
        for (int i = 0; i < 20; i++) {
          last = jedis.incr(scene.name());
        }
        return last;
      }
    });
    scene.note("last", counts.stream().mapToLong(Long::longValue).max().orElseThrow());
    try (Jedis jedis = connect(scene)) {
      jedis.del(scene.name());
    }
  }
}
