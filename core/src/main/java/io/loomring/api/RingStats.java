package io.loomring.api;

import io.loomring.op.Counters;
import io.loomring.op.Counters.Counter;
import io.loomring.op.Endpoint;
import io.loomring.poller.RingDriver;
import java.util.List;

/**
 * Figures of one ring of a {@link Uring}, as {@link Monitoring#rings} found them; what they count is what the fields of
 * the same name in {@link UringStats} do.
 *
 * @param ring the driver of the ring, as its threads are called
 * @param submitted SQEs submitted
 * @param completed SQEs whose last completion is in
 * @param operations operations that ended
 * @param inFlight operations that have been handed in and have not ended
 * @param openDescriptors descriptors that are open or being closed
 * @param connections those of them that were accepted, or connected
 * @param resubmitted operations submitted again because their submitter's end had ended them
 * @param timedOut operations that ended at their deadline
 * @param closes close chains that are through
 * @param cqOverflows turns that found the completion queue overflowed
 * @param turns turns that moved something
 * @param enters calls of {@code io_uring_enter}
 * @param takeovers times a platform thread ran the turns because no carrier came free
 * @param batches batches of completions that turns took out of the completion queue
 * @param batched completions in those
 * @param largestBatch the most completions in one of those
 * @since 0.1
 */
public record RingStats(
    String ring,
    long submitted,
    long completed,
    long operations,
    int inFlight,
    int openDescriptors,
    int connections,
    long resubmitted,
    long timedOut,
    long closes,
    long cqOverflows,
    long turns,
    long enters,
    long takeovers,
    long batches,
    long batched,
    long largestBatch) {

  static RingStats of(RingDriver driver) {
    Counters counters = driver.counters();
    List<Endpoint> open = driver.table().endpoints();
    return new RingStats(
        driver.toString(),
        counters.get(Counter.SUBMITTED),
        counters.get(Counter.COMPLETED),
        counters.get(Counter.OPERATIONS_ENDED),
        driver.table().inFlight(),
        open.size(),
        (int) open.stream().filter(Endpoint::isConnection).count(),
        counters.get(Counter.RESUBMITTED),
        counters.get(Counter.TIMED_OUT),
        counters.get(Counter.CLOSES),
        counters.get(Counter.CQ_OVERFLOWS),
        counters.get(Counter.TURNS),
        counters.get(Counter.ENTERS),
        counters.get(Counter.TAKEOVERS),
        counters.get(Counter.BATCHES),
        counters.get(Counter.BATCHED),
        counters.get(Counter.LARGEST_BATCH));
  }
}
