package io.loomring.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loomring.sys.Constants;
import io.loomring.testkit.RunsOnce;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Where the encoders put their arguments. */
@RunsOnce(RunsOnce.NO_DRIVER)
class SqeTest {
  private final MemorySegment memory = Arena.ofAuto().allocate(2 * SqeLayout.BYTES, 64);

  private int intAt(int offset) {
    return memory.get(ValueLayout.JAVA_INT, offset);
  }

  private long longAt(int offset) {
    return memory.get(ValueLayout.JAVA_LONG, offset);
  }

  @Test
  void anEncoderLeavesNothingOfTheEntryThatLayThere() {
    memory.fill((byte) 0xFF);
    Sqe.prepNop(memory, 0);
    assertEquals(-1, intAt(SqeLayout.FD));
    memory.set(ValueLayout.JAVA_INT, SqeLayout.FD, 0);
    assertEquals(-1, memory.asSlice(0, SqeLayout.BYTES).mismatch(Arena.ofAuto().allocate(SqeLayout.BYTES)));
    assertEquals(-1L, longAt(SqeLayout.BYTES), "the next entry is untouched");
  }

  @Test
  void aReceiveHasItsBufferItsLengthAndItsFlags() {
    Sqe.prepRecv(memory, 0, 7, 0x1234_5678_9ABCL, 4096, Constants.MSG_WAITALL);
    assertEquals(Opcode.RECV.code(), Sqe.opcode(memory, 0));
    assertEquals(7, intAt(SqeLayout.FD));
    assertEquals(0x1234_5678_9ABCL, longAt(SqeLayout.ADDR));
    assertEquals(4096, intAt(SqeLayout.LEN));
    assertEquals(Constants.MSG_WAITALL, intAt(SqeLayout.OP_FLAGS));
    assertEquals(0L, longAt(SqeLayout.OFF));
  }

  @Test
  void aReadHasItsFileOffset() {
    Sqe.prepRead(memory, 0, 7, 16, 32, -1);
    assertEquals(-1L, longAt(SqeLayout.OFF));
  }

  @Test
  void anOpenAStatusAndASyncHaveTheirArgumentsWhereTheKernelLooks() {
    Sqe.prepOpenat(memory, 0, Constants.AT_FDCWD, 0x1111L, Constants.O_RDWR, 0640);
    assertEquals(Constants.AT_FDCWD, intAt(SqeLayout.FD));
    assertEquals(0x1111L, longAt(SqeLayout.ADDR));
    assertEquals(0640, intAt(SqeLayout.LEN));
    assertEquals(Constants.O_RDWR, intAt(SqeLayout.OP_FLAGS));
    Sqe.prepStatx(memory, 0, 7, 0x1111L, Constants.AT_EMPTY_PATH, Constants.STATX_BASIC_STATS, 0x2222L);
    assertEquals(0x1111L, longAt(SqeLayout.ADDR));
    assertEquals(Constants.STATX_BASIC_STATS, intAt(SqeLayout.LEN));
    assertEquals(0x2222L, longAt(SqeLayout.OFF));
    assertEquals(Constants.AT_EMPTY_PATH, intAt(SqeLayout.OP_FLAGS));
    Sqe.prepFsync(memory, 0, 7, OpFlags.FSYNC_DATASYNC);
    assertEquals(7, intAt(SqeLayout.FD));
    assertEquals(OpFlags.FSYNC_DATASYNC, intAt(SqeLayout.OP_FLAGS));
    assertEquals(0L, longAt(SqeLayout.OFF));
  }

  @Test
  void aSocketPutsDomainTypeAndProtocolWhereTheKernelLooks() {
    Sqe.prepSocket(memory, 0, Constants.AF_INET6, Constants.SOCK_STREAM, Constants.IPPROTO_TCP);
    assertEquals(Constants.AF_INET6, intAt(SqeLayout.FD));
    assertEquals(Constants.SOCK_STREAM, longAt(SqeLayout.OFF));
    assertEquals(Constants.IPPROTO_TCP, intAt(SqeLayout.LEN));
  }

  @Test
  void aNegativeLengthDoesNotSpillIntoTheFlags() {
    Sqe.prep(memory, 0, Opcode.NOP, -1, 0, -1, 0, 5);
    assertEquals(-1, intAt(SqeLayout.LEN));
    assertEquals(5, intAt(SqeLayout.OP_FLAGS));
  }

  @Test
  void aCancelByDescriptorAsksForAllOfThem() {
    Sqe.prepCancelFd(memory, 0, 9);
    assertEquals(9, intAt(SqeLayout.FD));
    assertEquals(CancelFlags.FD | CancelFlags.ALL, intAt(SqeLayout.OP_FLAGS));
  }

  @Test
  void flagsAndUserDataComeBackAsTheyWentIn() {
    Sqe.prepNop(memory, SqeLayout.BYTES);
    Sqe.setFlags(memory, SqeLayout.BYTES, 0x90);
    Sqe.setUserData(memory, SqeLayout.BYTES, -42L);
    assertEquals(0x90, Sqe.flags(memory, SqeLayout.BYTES));
    assertEquals(-42L, Sqe.userData(memory, SqeLayout.BYTES));
    assertEquals(Opcode.NOP.code(), Sqe.opcode(memory, SqeLayout.BYTES));
  }

  @Test
  void aCopyIsTheWholeEntryAndNoMore() {
    MemorySegment from = Arena.ofAuto().allocate(SqeLayout.BYTES, 64).fill((byte) 0x5A);
    Sqe.copy(from, 0, memory, 0);
    assertEquals(SqeLayout.BYTES, memory.mismatch(from));
    assertEquals(0L, longAt(SqeLayout.BYTES));
  }
}
