package io.loomring.sys;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * The two entries of libc that everything here goes through, mapped directly.
 *
 * <p>The library is looked up in the process itself, which works with glibc and musl alike. Declaring
 * {@link LastErrorException} makes JNA read errno in the native frame of the call, so that no other code of this
 * thread can overwrite it in between (K-31).
 */
final class LibC {
  static {
    // Before the first native call, which changes the answer.
    NativeAccess.missing();
    Native.register(LibC.class, NativeLibrary.getProcess());
  }

  private LibC() {}

  static native long syscall(long number, long a, long b, long c, long d, long e, long f) throws LastErrorException;

  static native String strerror(int errno);
}
