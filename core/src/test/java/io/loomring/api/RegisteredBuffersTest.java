package io.loomring.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.error.OperationTimeoutException;
import io.loomring.fd.Descriptor;
import io.loomring.op.OperationKind;
import io.loomring.ring.Opcode;
import io.loomring.testkit.Await;
import io.loomring.testkit.Caller;
import io.loomring.testkit.Pipe;
import io.loomring.testkit.Runs;
import io.loomring.testkit.UringTest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Buffers that the kernel knows beforehand; what they carry is looked at in files and pipes. */
class RegisteredBuffersTest extends UringTest {
  private static final CallOptions NONE = CallOptions.NONE;

  @TempDir private Path directory;
  private Path path;
  private RegisteredBuffers buffers;
  private RegisteredBuffers.Lease lease;

  @BeforeEach
  void register() {
    path = directory.resolve("file");
    buffers = RegisteredBuffers.of(uring, 2, 8192);
    lease = buffers.lease();
  }

  @AfterEach
  void giveBack() {
    lease.close();
    buffers.close();
    assertEquals(2, buffers.available());
  }

  private Descriptor open(String content) throws Exception {
    Files.writeString(path, content);
    return uring.files().open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private void fill(int offset, String text) {
    MemorySegment.copy(
        MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII)), 0, lease.segment(), offset, text.length());
  }

  private String at(int offset, int length) {
    byte[] bytes = lease.segment().asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  @Runs(Opcode.READ_FIXED)
  @Test
  void aFileIsReadIntoABuffer() throws Exception {
    try (Descriptor file = open("0123456789")) {
      assertEquals(6, buffers.read(file, lease, 100, 6, 2, NONE));
      assertEquals("234567", at(100, 6));
      assertEquals(0, lease.segment().get(ValueLayout.JAVA_BYTE, 106));
      assertEquals(-1, buffers.read(file, lease, 0, 8192, 10, NONE));
    }
  }

  @Runs(Opcode.WRITE_FIXED)
  @Test
  void aFileIsWrittenFromABuffer() throws Exception {
    try (Descriptor file = open("0123456789")) {
      fill(50, "abcd");
      assertEquals(4, buffers.write(file, lease, 50, 4, 3, NONE));
      assertEquals("012abcd789", Files.readString(path));
    }
  }

  @Runs(Opcode.READV_FIXED)
  @Test
  void partsOfABufferAreRead() throws Exception {
    try (Descriptor file = open("0123456789")) {
      List<RegisteredBuffers.Part> parts =
          List.of(new RegisteredBuffers.Part(4000, 3), new RegisteredBuffers.Part(0, 100));
      assertEquals(10, buffers.readv(file, lease, parts, 0, NONE));
      assertEquals("012", at(4000, 3));
      assertEquals("3456789", at(0, 7));
    }
  }

  @Runs(Opcode.WRITEV_FIXED)
  @Test
  void partsOfABufferAreWritten() throws Exception {
    try (Descriptor file = open("")) {
      fill(8190, "ab");
      fill(0, "cde");
      List<RegisteredBuffers.Part> parts =
          List.of(new RegisteredBuffers.Part(8190, 2), new RegisteredBuffers.Part(0, 3));
      assertEquals(5, buffers.writev(file, lease, parts, 0, NONE));
      assertEquals("abcde", Files.readString(path));
    }
  }

  @Test
  void theyWorkOnAFileWithoutPageCache() throws Exception {
    byte[] content = new byte[8192];
    java.util.Arrays.fill(content, (byte) 7);
    Files.write(path, content);
    int direct = io.loomring.sys.Constants.O_DIRECT;
    try (Descriptor file = uring.files().openat(null, path.toString(), direct, 0, NONE)) {
      assertEquals(4096, buffers.read(file, lease, 4096, 4096, 4096, NONE));
      assertArrayEquals(
          new byte[] {0, 7}, new byte[] {lease.segment().get(ValueLayout.JAVA_BYTE, 4095),
              lease.segment().get(ValueLayout.JAVA_BYTE, 4096)});
    }
  }

  @Test
  void aBufferThatACallFillsIsItsAlone() throws Exception {
    try (Pipe pipe = Pipe.open(uring)) {
      Caller reader = Caller.virtual(() -> buffers.read(pipe.source(), lease, 0, 100, -1, NONE));
      Await.untilInFlight(uring, OperationKind.READ_FIXED, 1);
      for (Caller refused : List.of(
          Caller.virtual(() -> buffers.read(pipe.source(), lease, 0, 1, -1, NONE)),
          Caller.virtual(() -> buffers.write(pipe.sink(), lease, 0, 1, -1, NONE)))) {
        String message = refused.thrown(IllegalStateException.class).getMessage();
        assertTrue(message.contains("fills the buffer"), message);
      }
      assertThrows(IllegalStateException.class, lease::close);
      assertThrows(IllegalStateException.class, buffers::close);
      uring.write(pipe.sink(), new byte[] {5}, 0, 1, -1, NONE);
      assertEquals(1, reader.value());
      assertEquals(5, lease.segment().get(ValueLayout.JAVA_BYTE, 0));
    }
  }

  @Test
  void severalCallsWriteFromOneBufferAndNoneFillsItMeanwhile() throws Exception {
    try (Pipe first = Pipe.open(uring); Pipe second = Pipe.open(uring)) {
      first.fill();
      CallOptions soon = CallOptions.timeout(Duration.ofSeconds(20));
      Caller waiting = Caller.virtual(() -> buffers.write(first.sink(), lease, 0, 1, -1, soon));
      Await.untilInFlight(uring, OperationKind.WRITE_FIXED, 1);
      assertEquals(3, buffers.write(second.sink(), lease, 0, 3, -1, NONE));
      String message = Caller.virtual(() -> buffers.read(second.source(), lease, 0, 3, -1, NONE))
          .thrown(IllegalStateException.class).getMessage();
      assertTrue(message.contains("writes from the buffer"), message);
      first.sink().close();
      waiting.thrown(java.io.IOException.class);
      assertEquals(3, buffers.read(second.source(), lease, 0, 3, -1, NONE));
    }
  }

  @Test
  void afterATimeoutTheBufferIsTheCallersAgain() throws Exception {
    try (Pipe pipe = Pipe.open(uring)) {
      for (int i = 0; i < 20; i++) {
        CallOptions soon = CallOptions.timeout(Duration.ofMillis(2));
        assertThrows(
            OperationTimeoutException.class, () -> buffers.read(pipe.source(), lease, 0, 8192, -1, soon));
        lease.segment().fill((byte) i);
        uring.write(pipe.sink(), new byte[100], 0, 100, -1, NONE);
        assertEquals((byte) i, lease.segment().get(ValueLayout.JAVA_BYTE, 0));
        assertEquals(100, buffers.read(pipe.source(), lease, 0, 8192, -1, NONE));
      }
    }
  }

  @Test
  void whatCannotBeIsRefusedInWords() throws Exception {
    RegisteredBuffers.Lease other = buffers.lease();
    assertNull(buffers.tryLease());
    assertThrows(IllegalStateException.class, buffers::lease);
    other.close();
    other.close();
    try (Descriptor file = open("x"); RegisteredBuffers rival = RegisteredBuffers.of(uring, 1, 4096)) {
      assertThrows(IllegalStateException.class, () -> buffers.read(file, other, 0, 1, 0, NONE));
      assertThrows(IndexOutOfBoundsException.class, () -> buffers.read(file, lease, 8000, 193, 0, NONE));
      assertThrows(IllegalArgumentException.class, () -> buffers.readv(file, lease, List.of(), 0, NONE));
      assertEquals(1, buffers.read(file, lease, 0, 1, 0, NONE));
      try (RegisteredBuffers.Lease second = rival.lease()) {
        String message = assertThrows(
            IllegalStateException.class, () -> rival.read(file, second, 0, 1, 0, NONE)).getMessage();
        assertTrue(message.contains("one set at a time"), message);
        assertThrows(IllegalArgumentException.class, () -> buffers.read(file, second, 0, 1, 0, NONE));
      }
    }
    assertThrows(IllegalArgumentException.class, () -> RegisteredBuffers.of(uring, 0, 4096));
    assertThrows(IllegalArgumentException.class, () -> RegisteredBuffers.of(uring, 2, 1 << 30));
  }

  @Test
  void oneSetFollowsTheOther() throws Exception {
    try (Descriptor file = open("abc")) {
      assertEquals(3, buffers.read(file, lease, 0, 3, 0, NONE));
      lease.close();
      buffers.close();
      assertThrows(IllegalStateException.class, buffers::tryLease);
      buffers = RegisteredBuffers.of(uring, 2, 100);
      lease = buffers.lease();
      assertNotNull(lease);
      assertEquals(3, buffers.read(file, lease, 97, 3, 0, NONE));
      assertEquals("abc", at(97, 3));
    }
  }
}
