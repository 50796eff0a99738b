package io.loomring.ring;

/** Commands of URING_CMD on a socket. */
public final class SocketCommands {
  /** SOCKET_URING_OP_SIOCINQ, kernel 6.7. */
  public static final int SIOCINQ = 0;
  /** SOCKET_URING_OP_SIOCOUTQ, kernel 6.7. */
  public static final int SIOCOUTQ = 1;
  /** SOCKET_URING_OP_GETSOCKOPT, kernel 6.7. */
  public static final int GETSOCKOPT = 2;
  /** SOCKET_URING_OP_SETSOCKOPT, kernel 6.7. */
  public static final int SETSOCKOPT = 3;
  /** SOCKET_URING_OP_TX_TIMESTAMP, kernel 6.17. */
  public static final int TX_TIMESTAMP = 4;
  /** SOCKET_URING_OP_GETSOCKNAME, kernel 6.19. */
  public static final int GETSOCKNAME = 5;

  private SocketCommands() {}
}
