package io.loomring.error;

/** Which call failed: the same errno means another exception in another place. */
public enum Call {
  SOCKET,
  BIND,
  LISTEN,
  ACCEPT,
  CONNECT,
  READ,
  WRITE,
  SHUTDOWN,
  POLL,
  OPEN,
  SYNC,
  STAT,
  OPTION,
  CLOSE,
  OTHER
}
