package io.loomring.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.VarHandle;
import java.net.DatagramPacket;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How much a packet has room for, which is not what it holds: the JDK's sockets set the one and leave the other, so that
 * a packet can be received into again and again. Its public methods only set both at once.
 *
 * <p>Where {@code java.net} is opened to us we do as the JDK does. Elsewhere what a receive has taken away from a packet
 * is remembered until somebody gives the packet other bytes or another length.
 */
final class PacketSpace {
  private record Fields(VarHandle length, VarHandle space) {}

  /** What a packet looked like when a receive had filled it, and what room it had before. */
  private record Filled(byte[] data, int offset, int length, int space) {
    boolean isStill(DatagramPacket packet) {
      return packet.getData() == data && packet.getOffset() == offset && packet.getLength() == length;
    }
  }

  private static final @Nullable Fields FIELDS = fields();
  // Packets are equal to nothing but themselves. Guarded by itself.
  private static final Map<DatagramPacket, Filled> FILLED = new WeakHashMap<>();

  private PacketSpace() {}

  private static @Nullable Fields fields() {
    try {
      Lookup inside = MethodHandles.privateLookupIn(DatagramPacket.class, MethodHandles.lookup());
      return new Fields(
          inside.findVarHandle(DatagramPacket.class, "length", int.class),
          inside.findVarHandle(DatagramPacket.class, "bufLength", int.class));
    } catch (ReflectiveOperationException notOpened) {
      return null;
    }
  }

  /** How many bytes may be received into {@code packet}, for who holds its monitor. */
  static int of(DatagramPacket packet) {
    if (FIELDS != null) {
      return (int) FIELDS.space.get(packet);
    }
    Filled filled;
    synchronized (FILLED) {
      filled = FILLED.get(packet);
    }
    return filled != null && filled.isStill(packet) ? filled.space : packet.getLength();
  }

  /** Notes that {@code length} bytes were received, of {@code space} that there was room for. */
  static void filled(DatagramPacket packet, int length, int space) {
    if (FIELDS != null) {
      FIELDS.length.set(packet, length);
      return;
    }
    packet.setLength(length);
    synchronized (FILLED) {
      if (length < space) {
        FILLED.put(packet, new Filled(packet.getData(), packet.getOffset(), length, space));
      } else {
        FILLED.remove(packet);
      }
    }
  }
}
