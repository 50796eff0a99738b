package io.loomring.api;

import io.loomring.buffer.BufferPool;
import io.loomring.op.Counters.Counter;
import io.loomring.op.OperationTable;
import io.loomring.poller.PollerGroup;

/**
 * Figures of a {@link Uring} over all of its rings, read one after the other while they change.
 *
 * @param submitted SQEs submitted
 * @param completed SQEs whose last completion is in; {@code submitted - completed} are in the kernel
 * @param operations operations that ended
 * @param inFlight operations that have been handed in and have not ended
 * @param slotsInUse slots of the operation tables in use: operations, and one for each open descriptor
 * @param openDescriptors descriptors that are open or being closed
 * @param resubmitted operations submitted again because their submitter's end had ended them
 * @param timedOut operations that ended at their deadline
 * @param deadlinesMended deadlines that the poller enforced in place of a timeout that was lost
 * @param cancels cancel requests, other than by close
 * @param closes close chains that are through
 * @param cancelledByClose operations that close chains cancelled
 * @param cqOverflows turns that found the completion queue overflowed
 * @param strayCompletions completions that belonged to nobody; above zero is a defect
 * @param turns turns that moved something
 * @param enters calls of {@code io_uring_enter}
 * @param takeovers times a platform thread ran the turns because no carrier came free
 * @param buffersLent buffers lent to operations just now
 * @param pooledBytes native memory that the buffers are kept in, in bytes
 * @param abandonedBytes native memory given up with rings that died, in bytes
 * @param batches batches of completions that turns took out of completion queues
 * @param batched completions in those, so that {@code batched / batches} is the mean size of one
 * @param largestBatch the most completions in one of those
 * @param timedTurns turns whose time was taken, which {@link Monitoring#setTimed} switches on
 * @param turnNanos the time of those in all, in nanoseconds
 * @param longestTurnNanos the time of the longest of those, in nanoseconds
 * @since 0.1
 */
public record UringStats(
    long submitted,
    long completed,
    long operations,
    int inFlight,
    int slotsInUse,
    int openDescriptors,
    long resubmitted,
    long timedOut,
    long deadlinesMended,
    long cancels,
    long closes,
    long cancelledByClose,
    long cqOverflows,
    long strayCompletions,
    long turns,
    long enters,
    long takeovers,
    long buffersLent,
    long pooledBytes,
    long abandonedBytes,
    long batches,
    long batched,
    long largestBatch,
    long timedTurns,
    long turnNanos,
    long longestTurnNanos) {

  static UringStats of(PollerGroup group, BufferPool buffers) {
    return new UringStats(
        group.sum(Counter.SUBMITTED),
        group.sum(Counter.COMPLETED),
        group.sum(Counter.OPERATIONS_ENDED),
        group.sum(OperationTable::inFlight),
        group.sum(OperationTable::slotsInUse),
        group.sum(table -> table.endpoints().size()),
        group.sum(Counter.RESUBMITTED),
        group.sum(Counter.TIMED_OUT),
        group.sum(Counter.DEADLINES_MENDED),
        group.sum(Counter.CANCELS),
        group.sum(Counter.CLOSES),
        group.sum(Counter.CANCELLED_BY_CLOSE),
        group.sum(Counter.CQ_OVERFLOWS),
        group.sum(Counter.STRAY_COMPLETIONS),
        group.sum(Counter.TURNS),
        group.sum(Counter.ENTERS),
        group.sum(Counter.TAKEOVERS),
        buffers.lent(),
        buffers.pooledBytes(),
        buffers.abandonedBytes(),
        group.sum(Counter.BATCHES),
        group.sum(Counter.BATCHED),
        group.max(Counter.LARGEST_BATCH),
        group.sum(Counter.TIMED_TURNS),
        group.sum(Counter.TURN_NANOS),
        group.max(Counter.LONGEST_TURN_NANOS));
  }
}
