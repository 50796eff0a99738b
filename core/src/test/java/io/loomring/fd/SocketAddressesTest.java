package io.loomring.fd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.loomring.sys.Constants;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@RunsOnce(RunsOnce.NO_DRIVER)
class SocketAddressesTest {
  private static final int AT = 8;

  private final MemorySegment memory = Arena.ofAuto().allocate(64, 8).fill((byte) 0xAA);

  private static InetAddress literal(String text) throws UnknownHostException {
    return InetAddress.getByName(text);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"127.0.0.1", "192.0.2.255", "255.255.255.255", "::1", "2001:db8::ff00:42:8329"})
  void anAddressComesBackAsItWentIn(String text) throws UnknownHostException {
    SocketAddresses.encode(literal(text), 65_535, memory, AT);
    assertEquals(new InetSocketAddress(literal(text), 65_535), SocketAddresses.decode(memory, AT));
  }

  @Test
  void anIpv4AddressTravelsAsAMappedOneInADualStackSocket() throws UnknownHostException {
    assertEquals(28, SocketAddresses.encode(literal("192.0.2.1"), 80, memory, AT));
    assertEquals(Constants.AF_INET6, memory.get(ValueLayout.JAVA_SHORT, AT));
    byte[] address = memory.asSlice(AT + 8, 16).toArray(ValueLayout.JAVA_BYTE);
    assertEquals(
        "00000000000000000000ffffc0000201", HexFormat.of().formatHex(address));
  }

  @Test
  void aMappedAddressComesBackAsAnIpv4Address() throws UnknownHostException {
    SocketAddresses.encode(literal("192.0.2.1"), 80, memory, AT);
    assertInstanceOf(Inet4Address.class, SocketAddresses.decode(memory, AT).getAddress());
  }

  @Test
  void theIpv4WildcardIsTheIpv6OneInADualStackSocket() throws UnknownHostException {
    SocketAddresses.encode(literal("0.0.0.0"), 80, memory, AT);
    assertEquals(literal("::"), SocketAddresses.decode(memory, AT).getAddress());
  }

  @Test
  void thePortIsInNetworkOrder() throws UnknownHostException {
    SocketAddresses.encode(literal("::1"), 0x1234, memory, AT);
    assertEquals(0x12, memory.get(ValueLayout.JAVA_BYTE, AT + 2));
    assertEquals(0x34, memory.get(ValueLayout.JAVA_BYTE, AT + 3));
  }

  @Test
  void aScopeComesBack() throws UnknownHostException {
    byte[] linkLocal = literal("fe80::1").getAddress();
    SocketAddresses.encode(Inet6Address.getByAddress(null, linkLocal, 7), 80, memory, AT);
    InetAddress back = SocketAddresses.decode(memory, AT).getAddress();
    assertEquals(7, assertInstanceOf(Inet6Address.class, back).getScopeId());
  }

  @Test
  void nothingOfWhatLayThereBeforeIsLeft() throws UnknownHostException {
    SocketAddresses.encode(literal("::1"), 80, memory, AT);
    assertEquals(0, memory.get(ValueLayout.JAVA_INT, AT + 4));
    assertEquals(0, memory.get(ValueLayout.JAVA_INT, AT + 24));
  }

  @Test
  void nothingBesideItIsTouched() throws UnknownHostException {
    SocketAddresses.encode(literal("::1"), 80, memory, AT);
    assertEquals((byte) 0xAA, memory.get(ValueLayout.JAVA_BYTE, AT - 1));
    assertEquals((byte) 0xAA, memory.get(ValueLayout.JAVA_BYTE, AT + 28));
  }

  @Test
  void anIpv4SocketsAddressIsReadToo() throws UnknownHostException {
    memory.fill((byte) 0);
    memory.set(ValueLayout.JAVA_SHORT, AT, (short) Constants.AF_INET);
    memory.set(ValueLayout.JAVA_BYTE, AT + 3, (byte) 80);
    memory.set(ValueLayout.JAVA_BYTE, AT + 4, (byte) 127);
    memory.set(ValueLayout.JAVA_BYTE, AT + 7, (byte) 1);
    assertEquals(new InetSocketAddress(literal("127.0.0.1"), 80), SocketAddresses.decode(memory, AT));
  }
}
