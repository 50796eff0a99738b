package io.loomring.net;

import java.net.DatagramPacket;
import java.net.DatagramSocketImpl;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;

/**
 * What the only constructor of {@link java.net.DatagramSocket} that makes no socket asks for. Nobody calls it:
 * {@link UringDatagramSocket} and {@link RingDatagramSocket} override every method that would.
 */
@SuppressWarnings("removal")
final class UnusedDatagramImpl extends DatagramSocketImpl {
  private static UnsupportedOperationException unused() {
    return new UnsupportedOperationException("this datagram socket has no DatagramSocketImpl");
  }

  @Override
  protected void create() {
    throw unused();
  }

  @Override
  protected void bind(int port, InetAddress address) {
    throw unused();
  }

  @Override
  protected void send(DatagramPacket packet) {
    throw unused();
  }

  @Override
  protected int peek(InetAddress address) {
    throw unused();
  }

  @Override
  protected int peekData(DatagramPacket packet) {
    throw unused();
  }

  @Override
  protected void receive(DatagramPacket packet) {
    throw unused();
  }

  @Override
  @Deprecated
  protected void setTTL(byte ttl) {
    throw unused();
  }

  @Override
  @Deprecated
  protected byte getTTL() {
    throw unused();
  }

  @Override
  protected void setTimeToLive(int ttl) {
    throw unused();
  }

  @Override
  protected int getTimeToLive() {
    throw unused();
  }

  @Override
  protected void join(InetAddress address) {
    throw unused();
  }

  @Override
  protected void leave(InetAddress address) {
    throw unused();
  }

  @Override
  protected void joinGroup(SocketAddress group, NetworkInterface on) {
    throw unused();
  }

  @Override
  protected void leaveGroup(SocketAddress group, NetworkInterface on) {
    throw unused();
  }

  @Override
  protected void close() {
    // There is nothing.
  }

  @Override
  public void setOption(int option, Object value) {
    throw unused();
  }

  @Override
  public Object getOption(int option) {
    throw unused();
  }
}
