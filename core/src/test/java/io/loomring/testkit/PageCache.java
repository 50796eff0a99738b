package io.loomring.testkit;

import io.loomring.api.CallOptions;
import io.loomring.api.FileOperations;
import io.loomring.api.Uring;
import io.loomring.buffer.Buffer;
import io.loomring.fd.Descriptor;
import io.loomring.sys.Errno;
import io.loomring.sys.InlineFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;

/** What the page cache has of a file. */
public final class PageCache {
  private PageCache() {}

  /** Whether it has the beginning of a file: what it has not got is not read without waiting. */
  public static boolean has(Uring uring, Descriptor file) {
    Buffer buffer = uring.buffers().acquire(1024);
    try {
      MemorySegment scratch = buffer.segment().asSlice(512, InlineFiles.SCRATCH_BYTES);
      return InlineFiles.read(file.fd(), buffer.address(), 16, 0, scratch) != -Errno.EAGAIN;
    } finally {
      uring.buffers().release(buffer);
    }
  }

  /**
   * Waits until it has given back the pages of a file that has been synced. Only what the device has is dropped; and a page
   * that the kernel itself looks at just then is kept, as it may.
   */
  public static void awaitDropped(Uring uring, Descriptor file) {
    Await.until("the pages are clean, and are given back", () -> {
      try {
        uring.files().fadvise(file, 0, 0, FileOperations.DO_NOT_NEED, CallOptions.NONE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return !has(uring, file);
    });
  }
}
