package io.loomring.net;

import io.loomring.error.Call;
import io.loomring.error.ErrorTable;
import io.loomring.fd.DatagramCalls;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketAddresses;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The options and memberships of datagram sockets. On a socket of version 6 what concerns both versions is set for both,
 * as far as the kernel lets one, and asked for of version 6.
 */
final class DatagramOptions {
  static final Set<SocketOption<?>> SUPPORTED = Set.of(
      StandardSocketOptions.SO_SNDBUF,
      StandardSocketOptions.SO_RCVBUF,
      StandardSocketOptions.SO_REUSEADDR,
      StandardSocketOptions.SO_REUSEPORT,
      StandardSocketOptions.SO_BROADCAST,
      StandardSocketOptions.IP_TOS,
      StandardSocketOptions.IP_MULTICAST_IF,
      StandardSocketOptions.IP_MULTICAST_TTL,
      StandardSocketOptions.IP_MULTICAST_LOOP,
      ExtendedSocketOptions.IP_DONTFRAGMENT,
      ExtendedSocketOptions.SO_INCOMING_NAPI_ID);

  private DatagramOptions() {}

  private static boolean isVersion6() {
    return SocketAddresses.family() == Constants.AF_INET6;
  }

  /** Sets what the JDK sets on a socket that it makes. */
  static void prepare(Descriptor on) {
    if (isVersion6()) {
      SocketCalls.setOption(on, Constants.IPPROTO_IPV6, Constants.IPV6_V6ONLY, 0);
      // Not the route's.
      SocketCalls.setOption(on, Constants.IPPROTO_IPV6, Constants.IPV6_MULTICAST_HOPS, 1);
      // Only what this socket has joined.
      SocketCalls.setOption(on, Constants.IPPROTO_IPV6, Constants.IPV6_MULTICAST_ALL, 0);
    } else {
      SocketCalls.setOption(on, Constants.IPPROTO_IP, Constants.IP_MULTICAST_ALL, 0);
    }
  }

  /** Sets a supported option to a value of its type. */
  static void set(Descriptor on, SocketOption<?> option, Object value) throws IOException {
    if (option == StandardSocketOptions.IP_MULTICAST_IF) {
      setOutgoing(on, (NetworkInterface) value);
    } else if (option == StandardSocketOptions.IP_MULTICAST_TTL) {
      int hops = (Integer) value;
      if (hops < 0 || hops > 255) {
        throw new IllegalArgumentException("Invalid TTL/hop value");
      }
      setBoth(on, Constants.IPV6_MULTICAST_HOPS, Constants.IP_MULTICAST_TTL, hops);
    } else if (option == StandardSocketOptions.IP_MULTICAST_LOOP) {
      setBoth(on, Constants.IPV6_MULTICAST_LOOP, Constants.IP_MULTICAST_LOOP, (Boolean) value ? 1 : 0);
    } else if (option == StandardSocketOptions.SO_BROADCAST) {
      checked(SocketCalls.setOption(
          on, Constants.SOL_SOCKET, Constants.SO_BROADCAST, (Boolean) value ? 1 : 0));
    } else if (option == ExtendedSocketOptions.IP_DONTFRAGMENT) {
      int discover = (Boolean) value ? Constants.IP_PMTUDISC_DO : Constants.IP_PMTUDISC_DONT;
      setBoth(on, Constants.IPV6_MTU_DISCOVER, Constants.IP_MTU_DISCOVER, discover);
    } else {
      SocketOptionCalls.set(on, option, value);
    }
  }

  private static void setBoth(Descriptor on, int version6, int version4, int value) throws IOException {
    int result = SocketCalls.setOption(on, Constants.IPPROTO_IP, version4, value);
    checked(isVersion6() ? SocketCalls.setOption(on, Constants.IPPROTO_IPV6, version6, value) : result);
  }

  /** The value of a supported option; null for an outgoing interface that was not chosen. */
  static @Nullable Object get(Descriptor on, SocketOption<?> option) throws IOException {
    if (option == StandardSocketOptions.IP_MULTICAST_IF) {
      return outgoing(on);
    }
    if (option == StandardSocketOptions.IP_MULTICAST_TTL) {
      return getEither(on, Constants.IPV6_MULTICAST_HOPS, Constants.IP_MULTICAST_TTL);
    }
    if (option == StandardSocketOptions.IP_MULTICAST_LOOP) {
      return getEither(on, Constants.IPV6_MULTICAST_LOOP, Constants.IP_MULTICAST_LOOP) != 0;
    }
    if (option == StandardSocketOptions.SO_BROADCAST) {
      return getNumber(on, Constants.SOL_SOCKET, Constants.SO_BROADCAST) != 0;
    }
    if (option == ExtendedSocketOptions.IP_DONTFRAGMENT) {
      return getEither(on, Constants.IPV6_MTU_DISCOVER, Constants.IP_MTU_DISCOVER) == Constants.IP_PMTUDISC_DO;
    }
    return SocketOptionCalls.get(on, option);
  }

  private static int getEither(Descriptor on, int version6, int version4) throws IOException {
    return isVersion6()
        ? getNumber(on, Constants.IPPROTO_IPV6, version6)
        : getNumber(on, Constants.IPPROTO_IP, version4);
  }

  private static int getNumber(Descriptor on, int level, int name) throws IOException {
    int[] value = new int[1];
    checked(SocketCalls.getOption(on, level, name, value));
    return value[0];
  }

  // ---- multicast

  private static void setOutgoing(Descriptor on, NetworkInterface chosen) throws IOException {
    Inet4Address address = address4(chosen);
    if (isVersion6()) {
      checked(SocketCalls.setOption(on, Constants.IPPROTO_IPV6, Constants.IPV6_MULTICAST_IF, index(chosen)));
      if (address != null) {
        SocketCalls.setOption(on, Constants.IPPROTO_IP, Constants.IP_MULTICAST_IF, asNumber(address));
      }
    } else {
      checked(SocketCalls.setOption(
          on, Constants.IPPROTO_IP, Constants.IP_MULTICAST_IF, asNumber(requireAddress(address))));
    }
  }

  private static @Nullable NetworkInterface outgoing(Descriptor on) throws IOException {
    int number = getEither(on, Constants.IPV6_MULTICAST_IF, Constants.IP_MULTICAST_IF);
    if (number == 0) {
      return null;
    }
    NetworkInterface found =
        isVersion6() ? NetworkInterface.getByIndex(number) : NetworkInterface.getByInetAddress(asAddress(number));
    if (found == null) {
      throw new IOException("Unable to map " + (isVersion6() ? "index" : "address") + " to interface");
    }
    return found;
  }

  /** Joins or leaves a group, at {@code on} or, where that is null, at the system's choice. */
  static void membership(Descriptor socket, boolean joins, InetAddress group, @Nullable NetworkInterface at)
      throws IOException {
    if (group instanceof Inet4Address group4) {
      Inet4Address address = at == null ? asAddress(0) : requireAddress(address4(at));
      int option = joins ? Constants.IP_ADD_MEMBERSHIP : Constants.IP_DROP_MEMBERSHIP;
      checked(DatagramCalls.membership4(socket, option, group4, address));
    } else if (isVersion6()) {
      int option = joins ? Constants.IPV6_ADD_MEMBERSHIP : Constants.IPV6_DROP_MEMBERSHIP;
      checked(DatagramCalls.membership6(socket, option, group, at == null ? 0 : index(at)));
    } else {
      throw new IllegalArgumentException("Only IPv6 sockets can join IPv6 multicast group");
    }
  }

  private static int index(NetworkInterface of) throws IOException {
    int index = of.getIndex();
    if (index == -1) {
      throw new IOException("Network interface cannot be identified");
    }
    return index;
  }

  private static @Nullable Inet4Address address4(NetworkInterface of) {
    return (Inet4Address) of.inetAddresses().filter(Inet4Address.class::isInstance).findFirst().orElse(null);
  }

  private static Inet4Address requireAddress(@Nullable Inet4Address address) throws IOException {
    if (address == null) {
      throw new IOException("Network interface not configured for IPv4");
    }
    return address;
  }

  /** As it lies in memory, in network order. */
  private static int asNumber(Inet4Address address) {
    return ByteBuffer.wrap(address.getAddress()).order(ByteOrder.nativeOrder()).getInt();
  }

  private static Inet4Address asAddress(int number) {
    byte[] bytes = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(number).array();
    try {
      return (Inet4Address) InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 bytes is always one", e);
    }
  }

  /**
   * The address of a group.
   *
   * @throws IllegalArgumentException if it is none of the internet's, or unresolved
   * @throws SocketException if it is not a group's
   */
  static InetAddress group(@Nullable Object address) throws SocketException {
    if (!(address instanceof InetSocketAddress inet)) {
      throw new IllegalArgumentException("Unsupported address type");
    }
    InetAddress group = inet.getAddress();
    if (group == null) {
      throw new IllegalArgumentException("Unresolved address");
    }
    if (!group.isMulticastAddress()) {
      throw new SocketException("Not a multicast address");
    }
    return group;
  }

  private static void checked(int result) throws IOException {
    if (result == Outcome.CLOSED) {
      throw new SocketException("Socket closed");
    }
    if (result < 0) {
      throw ErrorTable.socketException(Call.OPTION, -result);
    }
  }
}
