package io.loomring.testkit;

import io.loomring.ring.CompletionQueue;
import io.loomring.ring.KernelRing;
import io.loomring.ring.KernelSupport;
import io.loomring.ring.Ring;
import io.loomring.ring.RingOptions;
import io.loomring.ring.SubmissionQueue;

/** A ring of the kernel's, for who changes a part of it. */
public abstract class ForwardingRing implements Ring {
  private final KernelRing ring;

  protected ForwardingRing(RingOptions options) {
    ring = KernelRing.open(options);
  }

  @Override
  public final int fd() {
    return ring.fd();
  }

  @Override
  public final SubmissionQueue sq() {
    return ring.sq();
  }

  @Override
  public final CompletionQueue cq() {
    return ring.cq();
  }

  @Override
  public int features() {
    return ring.features();
  }

  @Override
  public int enter(int toSubmit, int minComplete, int flags) {
    return ring.enter(toSubmit, minComplete, flags);
  }

  @Override
  public int enterAndWait(int toSubmit, long nanos, int flags) {
    return ring.enterAndWait(toSubmit, nanos, flags);
  }

  @Override
  public KernelSupport support() {
    return ring.support();
  }

  @Override
  public final void closeFd() {
    ring.closeFd();
  }

  @Override
  public final void unmap() {
    ring.unmap();
  }
}
