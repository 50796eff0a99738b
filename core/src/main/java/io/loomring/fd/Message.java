package io.loomring.fd;

import io.loomring.buffer.Buffer;
import io.loomring.buffer.BufferPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A datagram in a lent buffer: all that sendmsg and recvmsg read and write, {@code struct msghdr} and what it points at.
 *
 * <pre>
 *  0          56       72         200      208
 *  +----------+--------+----------+--------+----------------+
 *  | msghdr   | iovec  | sockaddr | unused | the bytes      |
 *  +----------+--------+----------+--------+----------------+
 *
 *  msghdr: 0 name  8 its length (4)  16 iovec  24 how many  32 control  40 its length  48 flags (4)
 *  iovec:  0 base  8 length
 * </pre>
 *
 * <p>It belongs to the operation until its last completion (I-3), and to one operation at a time.
 */
public final class Message {
  /** The most that a datagram of the internet protocols holds is less. */
  public static final int MAX_BYTES = 64 * 1024;

  private static final int NAME = 0;
  private static final int NAME_LENGTH = 8;
  private static final int VECTOR = 16;
  private static final int VECTOR_COUNT = 24;
  private static final int HEADER_BYTES = 56;
  private static final int BASE = HEADER_BYTES;
  private static final int LENGTH = HEADER_BYTES + 8;
  private static final int ADDRESS = 72;
  private static final int ADDRESS_BYTES = 128;
  private static final int DATA = 208;

  private final Buffer buffer;
  private final MemorySegment memory;
  private final int bytes;

  private Message(Buffer buffer, int bytes) {
    this.buffer = buffer;
    this.memory = buffer.segment();
    this.bytes = bytes;
    memory.asSlice(0, DATA).fill((byte) 0);
    memory.set(ValueLayout.JAVA_LONG, VECTOR, buffer.address() + BASE);
    memory.set(ValueLayout.JAVA_LONG, VECTOR_COUNT, 1);
    memory.set(ValueLayout.JAVA_LONG, BASE, buffer.address() + DATA);
    memory.set(ValueLayout.JAVA_LONG, LENGTH, bytes);
  }

  /**
   * Makes one to receive up to {@code bytes} in, with its sender; what does not fit of a datagram is lost.
   *
   * @param bytes from 0 on; above {@link #MAX_BYTES} it makes no difference
   */
  public static Message toReceive(BufferPool pool, int bytes) {
    int most = Math.min(bytes, MAX_BYTES);
    Message message = new Message(pool.acquire(DATA + most), most);
    message.nameAt(ADDRESS_BYTES);
    return message;
  }

  /**
   * Makes one of bytes to be sent, to nobody yet: to the peer of a connected socket.
   *
   * @param length above {@link #MAX_BYTES} only as many are copied, which are too many for the kernel as well
   */
  public static Message toSend(BufferPool pool, byte[] data, int offset, int length) {
    int most = Math.min(length, MAX_BYTES);
    Message message = new Message(pool.acquire(DATA + most), most);
    MemorySegment.copy(data, offset, message.memory, ValueLayout.JAVA_BYTE, DATA, most);
    return message;
  }

  /** Names whom it is sent to. */
  public void address(InetAddress address, int port) {
    nameAt(SocketAddresses.encode(address, port, memory, ADDRESS));
  }

  private void nameAt(int length) {
    memory.set(ValueLayout.JAVA_LONG, NAME, buffer.address() + ADDRESS);
    memory.set(ValueLayout.JAVA_INT, NAME_LENGTH, length);
  }

  /** Who sent what was received, or null where the kernel did not say. */
  public @Nullable InetSocketAddress sender() {
    return memory.get(ValueLayout.JAVA_INT, NAME_LENGTH) == 0 ? null : SocketAddresses.decode(memory, ADDRESS);
  }

  /** Copies what was received to the caller's memory. */
  public void copyTo(byte[] into, int offset, int length) {
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, DATA, into, offset, length);
  }

  /** How many bytes there is room for, or that are sent. */
  public int bytes() {
    return bytes;
  }

  /** What it lies in, to be given back by who made it. */
  public Buffer buffer() {
    return buffer;
  }
}
