package io.loomring.ring;

import io.loomring.testkit.Await;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A ring in a test's own hands: stage entries, submit them, wait for completions by their user data. Not for two threads
 * at a time.
 */
final class RawRing implements AutoCloseable {
  /** Writes one entry. */
  interface Encoder {
    void prep(MemorySegment sqe, long at);
  }

  /** A completion. */
  record Cqe(long userData, int result, int flags) {
    boolean hasMore() {
      return (flags & CqeFlags.MORE) != 0;
    }
  }

  private final Ring ring;
  private final CompletionBatch batch = new CompletionBatch(64);
  private final List<Cqe> seen = new ArrayList<>();

  private RawRing(Ring ring) {
    this.ring = ring;
  }

  /** As the library sets rings up. */
  static RawRing open() {
    return open(0);
  }

  /** The same with more set-up flags. */
  static RawRing open(int setupFlags) {
    return open(new RingOptions(64, 128, setupFlags, Set.of()));
  }

  static RawRing open(RingOptions options) {
    return new RawRing(KernelRing.open(options));
  }

  /** With exactly these set-up flags. */
  static RawRing bare(int sqEntries, int cqEntries, int setupFlags) {
    return new RawRing(BareRing.open(sqEntries, cqEntries, setupFlags));
  }

  Ring ring() {
    return ring;
  }

  /** Memory that is never freed: a ring may be closed with operations in flight, which may write to it later. */
  static MemorySegment memory(int bytes) {
    return Arena.global().allocate(bytes, 8);
  }

  static long timespec(long millis) {
    MemorySegment timespec = memory(16);
    timespec.set(ValueLayout.JAVA_LONG, 0, millis / 1000);
    timespec.set(ValueLayout.JAVA_LONG, 8, millis % 1000 * 1_000_000);
    return timespec.address();
  }

  RawRing stage(long userData, Encoder encoder) {
    return stage(userData, 0, encoder);
  }

  /** Puts an entry into the queue with flags of {@link SqeFlags}, not visible to the kernel yet. */
  RawRing stage(long userData, int flags, Encoder encoder) {
    SubmissionQueue sq = ring.sq();
    long at = sq.reserve();
    encoder.prep(sq.memory(), at);
    Sqe.setFlags(sq.memory(), at, flags);
    Sqe.setUserData(sq.memory(), at, userData);
    return this;
  }

  RawRing stageRecv(long userData, int fd) {
    MemorySegment buffer = memory(64);
    return stage(userData, (sqe, at) -> Sqe.prepRecv(sqe, at, fd, buffer.address(), 64, 0));
  }

  /** Hands in all that is staged; answers what the kernel says. */
  int submit() {
    return ring.enter(ring.sq().publish(), 0, 0);
  }

  /** Takes what has completed, and answers it with all that came before, in order. */
  List<Cqe> reap() {
    ring.enter(0, 0, EnterFlags.GETEVENTS);
    while (ring.cq().drainTo(batch) > 0) {
      for (int i = 0; i < batch.size(); i++) {
        seen.add(new Cqe(batch.userData(i), batch.result(i), batch.flags(i)));
      }
    }
    return List.copyOf(seen);
  }

  /** Waits for the first completion that bears {@code userData}. */
  Cqe await(long userData) {
    Await.until(() -> "a completion of " + userData + " among " + seen, () -> find(userData).isPresent());
    return find(userData).orElseThrow();
  }

  /** Waits for the first completion that bears {@code userData}, and answers its result. */
  int result(long userData) {
    return await(userData).result();
  }

  /** Whether a completion that bears {@code userData} is there, after a round trip through the kernel. */
  boolean isCompleted(long userData) {
    return find(userData).isPresent();
  }

  private Optional<Cqe> find(long userData) {
    return reap().stream().filter(cqe -> cqe.userData() == userData).findFirst();
  }

  /** Waits until as many completions as {@code count} are there in all, and answers their user data in order. */
  List<Long> awaitOrder(int count) {
    Await.until(() -> count + " completions, and not " + seen, () -> reap().size() >= count);
    return seen.stream().map(Cqe::userData).toList();
  }

  /** Forgets what has completed. */
  void forget() {
    seen.clear();
  }

  @Override
  public void close() {
    ring.closeFd();
    ring.unmap();
  }
}
