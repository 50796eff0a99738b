package io.loomring.fd;

import io.loomring.op.Outcome;
import io.loomring.op.SlotLayout;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import io.loomring.sys.SystemCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;

/** Plain system calls on datagram sockets, none of which waits, as {@link SocketCalls} has them for all sockets. */
public final class DatagramCalls {
  private static final int IP_MREQ_BYTES = 8;
  private static final int IPV6_MREQ_BYTES = 20;
  private static final int DISCARD_BYTES = 64;

  private DatagramCalls() {}

  /** Fixes the peer. */
  public static int connect(Descriptor on, InetAddress address, int port) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sockaddr = arena.allocate(SlotLayout.ADDRESS_BYTES, 8);
      return SystemCalls.connect(on.fd(), sockaddr.address(), SocketAddresses.encode(address, port, sockaddr, 0));
    } finally {
      on.endCall();
    }
  }

  /** Lets the peer go; the kernel may take the local port away with it. */
  public static int disconnect(Descriptor on) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sockaddr = arena.allocate(SlotLayout.ADDRESS_BYTES, 8);
      sockaddr.set(ValueLayout.JAVA_SHORT, 0, (short) Constants.AF_UNSPEC);
      return SystemCalls.connect(on.fd(), sockaddr.address(), SlotLayout.ADDRESS_BYTES);
    } finally {
      on.endCall();
    }
  }

  /** Throws away what has been received. */
  public static void discardReceived(Descriptor on) {
    if (!on.beginCall()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(DISCARD_BYTES);
      int result;
      do {
        result = SystemCalls.recv(on.fd(), memory.address(), DISCARD_BYTES, Constants.MSG_DONTWAIT);
      } while (result >= 0 || result == -Errno.ECONNREFUSED || result == -Errno.EINTR);
    } finally {
      on.endCall();
    }
  }

  /**
   * Joins or leaves a group of version 4.
   *
   * @param option IP_ADD_MEMBERSHIP or IP_DROP_MEMBERSHIP
   * @param at an address of the interface, or the wildcard for the system's choice
   */
  public static int membership4(Descriptor on, int option, Inet4Address group, Inet4Address at) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(IP_MREQ_BYTES, 4);
      MemorySegment.copy(group.getAddress(), 0, request, ValueLayout.JAVA_BYTE, 0, 4);
      MemorySegment.copy(at.getAddress(), 0, request, ValueLayout.JAVA_BYTE, 4, 4);
      return SystemCalls.setsockopt(on.fd(), Constants.IPPROTO_IP, option, request.address(), IP_MREQ_BYTES);
    } finally {
      on.endCall();
    }
  }

  /**
   * The same for version 6.
   *
   * @param option IPV6_ADD_MEMBERSHIP or IPV6_DROP_MEMBERSHIP
   * @param index of the interface, 0 for the system's choice
   */
  public static int membership6(Descriptor on, int option, InetAddress group, int index) {
    if (!on.beginCall()) {
      return Outcome.CLOSED;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(IPV6_MREQ_BYTES, 4);
      MemorySegment.copy(group.getAddress(), 0, request, ValueLayout.JAVA_BYTE, 0, 16);
      request.set(ValueLayout.JAVA_INT, 16, index);
      return SystemCalls.setsockopt(on.fd(), Constants.IPPROTO_IPV6, option, request.address(), IPV6_MREQ_BYTES);
    } finally {
      on.endCall();
    }
  }
}
