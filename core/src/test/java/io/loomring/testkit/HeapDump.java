package io.loomring.testkit;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A heap dump of the JVM (HPROF 1.0.2), of a small heap, and what keeps an object in it: the shortest way to it from a
 * root, along references that keep what they name.
 */
public final class HeapDump {
  private static final int STRING = 0x01;
  private static final int LOADED_CLASS = 0x02;
  private static final int HEAP = 0x0C;
  private static final int HEAP_SEGMENT = 0x1C;
  private static final int OBJECT = 2;
  private static final int[] BYTES = {0, 0, 8, 0, 1, 2, 4, 8, 1, 2, 4, 8};
  private static final Map<Integer, String> ROOTS = Map.of(
      0xFF, "unknown", 0x01, "JNI global", 0x02, "JNI local", 0x03, "frame", 0x04, "native stack",
      0x05, "class of the JDK", 0x06, "thread block", 0x07, "monitor", 0x08, "thread");
  /** What these name by their field {@code referent} may go. */
  private static final Set<String> REFERENCES = Set.of(
      "java.lang.ref.WeakReference", "java.lang.ref.SoftReference", "java.lang.ref.PhantomReference",
      "java.lang.ref.FinalReference");

  private record Field(String name, int type) {}

  private record Edge(long to, String by) {}

  private record Root(long id, String kind, int thread) {}

  private static final class Shape {
    long parent;
    List<Field> fields = List.of();
    boolean lets;
  }

  private record Instance(long type, byte[] values) {}

  private final Map<Long, String> strings = new HashMap<>();
  private final Map<Long, String> classNames = new HashMap<>();
  private final Map<Long, Shape> shapes = new HashMap<>();
  private final Map<Long, Instance> instances = new HashMap<>();
  private final Map<Long, List<Edge>> edges = new HashMap<>();
  private final List<Root> roots = new ArrayList<>();
  private final Map<Integer, Long> threads = new HashMap<>();
  private final Map<Long, Long> types = new HashMap<>();

  private HeapDump() {}

  /** Reads one. */
  public static HeapDump read(Path file) {
    HeapDump dump = new HeapDump();
    try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      dump.read(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    dump.link();
    return dump;
  }

  private void read(DataInputStream in) throws IOException {
    while (in.readByte() != 0) {
      // The name of the format.
    }
    if (in.readInt() != Long.BYTES) {
      throw new IOException("identifiers of another size");
    }
    in.readLong();
    for (int tag = in.read(); tag >= 0; tag = in.read()) {
      in.readInt();
      long length = Integer.toUnsignedLong(in.readInt());
      switch (tag) {
        case STRING -> {
          long id = in.readLong();
          strings.put(id, new String(in.readNBytes((int) length - Long.BYTES), StandardCharsets.UTF_8));
        }
        case LOADED_CLASS -> {
          in.readInt();
          long id = in.readLong();
          in.readInt();
          classNames.put(id, strings.get(in.readLong()).replace('/', '.'));
        }
        case HEAP, HEAP_SEGMENT -> readHeap(in, length);
        default -> in.skipNBytes(length);
      }
    }
  }

  private void readHeap(DataInputStream in, long length) throws IOException {
    long left = length;
    while (left > 0) {
      int tag = in.readUnsignedByte();
      left -= 1;
      switch (tag) {
        case 0x20 -> left -= readClass(in);
        case 0x21 -> {
          long id = in.readLong();
          in.readInt();
          long type = in.readLong();
          int bytes = in.readInt();
          instances.put(id, new Instance(type, in.readNBytes(bytes)));
          types.put(id, type);
          left -= 24 + bytes;
        }
        case 0x22 -> {
          long id = in.readLong();
          in.readInt();
          int count = in.readInt();
          types.put(id, in.readLong());
          List<Edge> of = new ArrayList<>();
          for (int i = 0; i < count; i++) {
            of.add(new Edge(in.readLong(), "[" + i + "]"));
          }
          edges.put(id, of);
          left -= 24 + 8L * count;
        }
        case 0x23 -> {
          in.readLong();
          in.readInt();
          int count = in.readInt();
          long bytes = (long) count * BYTES[in.readUnsignedByte()];
          in.skipNBytes(bytes);
          left -= 17 + bytes;
        }
        default -> {
          String kind = ROOTS.get(tag);
          if (kind == null) {
            throw new IOException("unknown record " + tag);
          }
          long id = in.readLong();
          int thread = 0;
          switch (tag) {
            case 0x01 -> in.readLong();
            case 0x02, 0x03, 0x08 -> {
              thread = in.readInt();
              in.readInt();
            }
            case 0x04, 0x06 -> thread = in.readInt();
            default -> {
              // Nothing more is said.
            }
          }
          left -= switch (tag) {
            case 0x01, 0x02, 0x03, 0x08 -> 16;
            case 0x04, 0x06 -> 12;
            default -> 8;
          };
          if (tag == 0x08) {
            threads.put(thread, id);
          }
          roots.add(new Root(id, kind, thread));
        }
      }
    }
  }

  private long readClass(DataInputStream in) throws IOException {
    long id = in.readLong();
    in.readInt();
    Shape shape = new Shape();
    shape.parent = in.readLong();
    List<Edge> of = new ArrayList<>();
    of.add(new Edge(shape.parent, "superclass"));
    of.add(new Edge(in.readLong(), "class loader"));
    in.skipNBytes(4 * 8 + 4);
    long read = 8 + 4 + 8 + 8 + 4 * 8 + 4 + 2;
    int constants = in.readUnsignedShort();
    for (int i = 0; i < constants; i++) {
      in.readUnsignedShort();
      int type = in.readUnsignedByte();
      in.skipNBytes(BYTES[type]);
      read += 3 + BYTES[type];
    }
    int statics = in.readUnsignedShort();
    read += 2;
    for (int i = 0; i < statics; i++) {
      String name = strings.get(in.readLong());
      int type = in.readUnsignedByte();
      read += 9 + BYTES[type];
      if (type == OBJECT) {
        of.add(new Edge(in.readLong(), "static " + name));
      } else {
        in.skipNBytes(BYTES[type]);
      }
    }
    int count = in.readUnsignedShort();
    read += 2 + 9L * count;
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      fields.add(new Field(strings.get(in.readLong()), in.readUnsignedByte()));
    }
    shape.fields = fields;
    shapes.put(id, shape);
    edges.put(id, of);
    return read;
  }

  private boolean letsGo(long type) {
    for (long at = type; at != 0; at = shapes.get(at).parent) {
      if (REFERENCES.contains(classNames.get(at))) {
        return true;
      }
    }
    return false;
  }

  private void link() {
    shapes.forEach((id, shape) -> shape.lets = letsGo(id));
    instances.forEach((id, instance) -> {
      List<Edge> of = new ArrayList<>();
      boolean lets = shapes.get(instance.type).lets;
      ByteBuffer values = ByteBuffer.wrap(instance.values);
      for (long at = instance.type; at != 0; at = shapes.get(at).parent) {
        for (Field field : shapes.get(at).fields) {
          if (field.type != OBJECT) {
            values.position(values.position() + BYTES[field.type]);
            continue;
          }
          long to = values.getLong();
          if (!lets || !field.name.equals("referent")) {
            of.add(new Edge(to, field.name));
          }
        }
      }
      edges.put(id, of);
    });
    instances.clear();
  }

  /**
   * What keeps the objects of a class of that name, one line a step from the root on; empty where nothing does.
   *
   * @param without names of classes whose objects do not count, nor what is on their stacks where they are threads
   */
  public List<String> wayTo(String className, Set<String> without) {
    Map<Long, String> kinds = new HashMap<>();
    Map<Long, Long> from = new HashMap<>();
    Map<Long, String> by = new HashMap<>();
    ArrayDeque<Long> next = new ArrayDeque<>();
    for (Root root : roots) {
      boolean counts = !without.contains(typeName(root.id))
          && !without.contains(typeName(threads.getOrDefault(root.thread, 0L)));
      if (counts && from.putIfAbsent(root.id, 0L) == null) {
        kinds.put(root.id, root.kind);
        next.add(root.id);
      }
    }
    while (!next.isEmpty()) {
      long at = next.poll();
      Long type = types.get(at);
      if (type != null && className.equals(classNames.get(type))) {
        return way(at, from, by, kinds);
      }
      List<Edge> of = new ArrayList<>(edges.getOrDefault(at, List.of()));
      if (type != null) {
        of.add(new Edge(type, "class"));
      }
      for (Edge edge : of) {
        if (edge.to != 0 && !without.contains(typeName(edge.to)) && from.putIfAbsent(edge.to, at) == null) {
          by.put(edge.to, edge.by);
          next.add(edge.to);
        }
      }
    }
    return List.of();
  }

  private String typeName(long id) {
    return classNames.getOrDefault(types.getOrDefault(id, 0L), "");
  }

  private List<String> way(long to, Map<Long, Long> from, Map<Long, String> by, Map<Long, String> kinds) {
    List<String> way = new ArrayList<>();
    for (long at = to; at != 0; at = from.get(at)) {
      String what = types.containsKey(at) ? classNames.get(types.get(at)) : "class " + classNames.get(at);
      way.addFirst((from.get(at) == 0 ? kinds.get(at) + ": " : by.get(at) + ": ") + what);
    }
    return way;
  }
}
