package io.loomring.net;

import io.loomring.api.Uring;
import io.loomring.buffer.Buffer;
import io.loomring.error.ErrorTable;
import io.loomring.error.OperationInterruptedException;
import io.loomring.error.OperationTimeoutException;
import io.loomring.error.RingDeadException;
import io.loomring.error.UringUnavailableException;
import io.loomring.fd.Descriptor;
import io.loomring.fd.SocketCalls;
import io.loomring.op.Deadline;
import io.loomring.op.Outcome;
import io.loomring.sys.Constants;
import io.loomring.sys.Errno;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.Charset;

/** Where the bytes of a text come from, or go to, on either transport. */
interface TextEnd {
  /** Waits for at least one byte; -1 at the end. */
  int read(byte[] into, int offset, int length, long deadline) throws IOException;

  /** Writes at least one byte. */
  int write(byte[] from, int offset, int length, long deadline) throws IOException;

  /** Whether a read would not wait. */
  boolean isReady() throws IOException;

  /** Ends calls that wait, where that is possible. */
  void close() throws IOException;

  static IOException closed() {
    return new IOException("Stream closed");
  }

  /** One of the standard descriptors, which stays open. */
  static TextEnd standard(int number) throws IOException {
    try {
      if (Transport.current() == Transport.JDK) {
        return new OfTheJdk(number);
      }
      Uring uring = Uring.getDefault();
      return new OnRing(uring, uring.borrow(number));
    } catch (UringUnavailableException unavailable) {
      throw new IOException(unavailable.getMessage(), unavailable);
    }
  }

  /** The character set of one of the standard descriptors, as {@link System#out} has it. */
  static Charset standardCharset(String property) {
    String name = System.getProperty(property, System.getProperty("native.encoding", "UTF-8"));
    return Charset.forName(name, Charset.defaultCharset());
  }

  /** A descriptor of any sort, blocking or not. */
  final class OnRing implements TextEnd {
    /** The descriptor's own position, which is what pipes and terminals have. */
    private static final long OWN_POSITION = -1;

    private final Uring uring;
    private final Descriptor descriptor;

    OnRing(Uring uring, Descriptor descriptor) {
      this.uring = uring;
      this.descriptor = descriptor;
    }

    @Override
    public int read(byte[] into, int offset, int length, long deadline) throws IOException {
      Buffer lent = uring.buffers().acquire(length);
      int result = Outcome.RING_DEAD;
      try {
        do {
          result = Outcome.RING_DEAD;
          result = uring.raw().read(descriptor, lent, length, OWN_POSITION, deadline, true, null);
        } while (result == -Errno.EAGAIN && isThere(Constants.POLLIN, deadline, true));
        if (result > 0) {
          MemorySegment.copy(lent.segment(), 0, MemorySegment.ofArray(into), offset, result);
        }
      } finally {
        Sender.giveBack(uring.buffers(), lent, result);
      }
      return result == 0 ? -1 : checked(result);
    }

    @Override
    public int write(byte[] from, int offset, int length, long deadline) throws IOException {
      Buffer lent = uring.buffers().acquire(length);
      int result = Outcome.RING_DEAD;
      try {
        MemorySegment.copy(MemorySegment.ofArray(from), offset, lent.segment(), 0, length);
        do {
          result = Outcome.RING_DEAD;
          result = uring.raw().write(descriptor, lent, length, OWN_POSITION, deadline, false, null);
        } while (result == -Errno.EAGAIN && isThere(Constants.POLLOUT, deadline, false));
      } finally {
        Sender.giveBack(uring.buffers(), lent, result);
      }
      return checked(result);
    }

    /** Waits for what a descriptor that does not block was not ready for: whoever shares it may have made it so. */
    private boolean isThere(int events, long deadline, boolean interruptible) throws IOException {
      return checked(uring.raw().poll(descriptor, events, deadline, interruptible, null)) > 0;
    }

    private int checked(int result) throws IOException {
      if (result >= 0) {
        return result;
      }
      throw switch (result) {
        case Outcome.TIMED_OUT -> timedOut();
        case Outcome.INTERRUPTED -> new OperationInterruptedException("interrupted: " + descriptor);
        case Outcome.CLOSED -> uring.isSound() ? closed() : new RingDeadException(descriptor.table().closedCause());
        case Outcome.RING_DEAD, Outcome.CANCELLED -> new RingDeadException(descriptor.table().closedCause());
        default -> ErrorTable.fileException(-result);
      };
    }

    @Override
    public boolean isReady() throws IOException {
      return checked(SocketCalls.available(descriptor)) > 0;
    }

    @Override
    public void close() throws IOException {
      descriptor.close();
    }
  }

  static IOException timedOut() {
    return new OperationTimeoutException("Timed out");
  }

  /** A standard descriptor as the JDK reads and writes it. */
  final class OfTheJdk implements TextEnd {
    private final InputStream in;
    private final OutputStream out;

    OfTheJdk(int number) {
      this.in = new FileInputStream(FileDescriptor.in);
      this.out = new FileOutputStream(number == 2 ? FileDescriptor.err : FileDescriptor.out);
    }

    @Override
    public int read(byte[] into, int offset, int length, long deadline) throws IOException {
      refuse(deadline);
      return in.read(into, offset, length);
    }

    @Override
    public int write(byte[] from, int offset, int length, long deadline) throws IOException {
      refuse(deadline);
      out.write(from, offset, length);
      return length;
    }

    private static void refuse(long deadline) {
      if (deadline != Deadline.NONE) {
        throw new UnsupportedOperationException(
            "timeouts of standard streams take io_uring, and the transport is jdk: see " + Transport.PROPERTY);
      }
    }

    @Override
    public boolean isReady() throws IOException {
      return in.available() > 0;
    }

    @Override
    public void close() {}
  }
}
