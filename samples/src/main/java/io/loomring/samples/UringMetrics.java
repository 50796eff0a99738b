package io.loomring.samples;

import io.loomring.api.RingStats;
import io.loomring.api.Uring;
import io.loomring.api.UringStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Figures of a {@link Uring} for Micrometer, to be copied into a program that has it:
 *
 * <pre>{@code
 * new UringMetrics(Uring.getDefault(), "main").bindTo(registry);
 * }</pre>
 *
 * <p>Reading a gauge walks over the operation tables and holds nothing up. The registry keeps no Uring from being
 * collected; one that is closed keeps its last figures.
 */
public final class UringMetrics implements MeterBinder {
  private final Uring uring;
  private final List<Tag> tags;

  /** Makes one whose meters have the tag {@code uring} with {@code name}. */
  public UringMetrics(Uring uring, String name) {
    this.uring = uring;
    this.tags = List.of(Tag.of("uring", name));
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    counter(registry, "loomring.operations", "operations that ended", UringStats::operations);
    counter(registry, "loomring.submitted", "entries submitted", UringStats::submitted);
    counter(registry, "loomring.enters", "calls of io_uring_enter", UringStats::enters);
    counter(registry, "loomring.batches", "batches of completions", UringStats::batches);
    counter(registry, "loomring.batched", "completions in batches", UringStats::batched);
    counter(registry, "loomring.timeouts", "operations that ended at their deadline", UringStats::timedOut);
    counter(registry, "loomring.resubmitted", "operations submitted again", UringStats::resubmitted);
    counter(registry, "loomring.overflows", "turns that found the queue overflowed", UringStats::cqOverflows);
    counter(registry, "loomring.takeovers", "turns run for want of a carrier", UringStats::takeovers);
    gauge(registry, "loomring.inflight", "operations in flight", one -> one.stats().inFlight());
    gauge(registry, "loomring.descriptors", "open descriptors", one -> one.stats().openDescriptors());
    gauge(registry, "loomring.connections", "those that are connections",
        one -> one.monitoring().rings().stream().mapToInt(RingStats::connections).sum());
    gauge(registry, "loomring.buffers.lent", "buffers lent", one -> one.stats().buffersLent());
    gauge(registry, "loomring.buffers.bytes", "memory that buffers are kept in", one -> one.stats().pooledBytes());
  }

  private void counter(MeterRegistry registry, String name, String what, ToDoubleFunction<UringStats> figure) {
    FunctionCounter.builder(name, uring, one -> figure.applyAsDouble(one.stats()))
        .description(what)
        .tags(tags)
        .register(registry);
  }

  private void gauge(MeterRegistry registry, String name, String what, ToDoubleFunction<Uring> figure) {
    Gauge.builder(name, uring, figure).description(what).tags(tags).register(registry);
  }
}
