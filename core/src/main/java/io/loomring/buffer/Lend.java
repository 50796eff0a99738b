package io.loomring.buffer;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory that is the kernel's for one operation, from {@link LentMemory#lend} on until one of {@link #giveBack},
 * {@link #recycle} and {@link #abandon} is called, once, by whoever the end belongs to. As long as it is out it keeps
 * the resource reachable (I-3).
 */
public final class Lend {
  private static final System.Logger LOG = System.getLogger("io.loomring");

  private final Resource resource;
  private final long address;
  private final long bytes;
  private final boolean mutable;
  private final Object use;
  private final long threadId = Thread.currentThread().threadId();
  /** What the resource is a part of, which is recycled as a whole: not before all of it has come back. */
  private final Resource whole;
  private final long wholeAddress;
  private final long wholeEnd;
  /** Others that were left, and whose whole this is a part of. Under the lock of this. */
  private final List<Lend> heirlooms = new ArrayList<>(0);

  Lend(Resource resource, long address, long bytes, boolean mutable, Object use) {
    this.resource = resource;
    this.address = address;
    this.bytes = bytes;
    this.mutable = mutable;
    this.use = use;
    Resource root = resource;
    while (root instanceof ResourceSlice slice) {
      root = slice.whole();
    }
    this.whole = root;
    this.wholeAddress = root == resource ? address : root.address();
    this.wholeEnd = root == resource ? address + bytes : wholeAddress + root.byteSize();
  }

  /** What is lent. */
  public Resource resource() {
    return resource;
  }

  /** Where it began when it was lent. */
  public long address() {
    return address;
  }

  /** The first address behind it. */
  long end() {
    return address + bytes;
  }

  /** How many bytes it had when it was lent. */
  public long bytes() {
    return bytes;
  }

  /** Whether the kernel writes to it, so that nobody else may have it. */
  boolean isMutable() {
    return mutable;
  }

  long wholeAddress() {
    return wholeAddress;
  }

  long wholeEnd() {
    return wholeEnd;
  }

  /** The kernel has let go, and the borrower has it again. */
  public void giveBack() {
    LentMemory.remove(this);
    returned(resource, this);
    for (Lend left : heirlooms(null)) {
      left.settle();
    }
  }

  /** The kernel has let go, and nobody is there to take it back: it is recycled when all of it has come back. */
  public void recycle() {
    LentMemory.remove(this);
    returned(resource, this);
    for (Lend left : heirlooms(this)) {
      left.settle();
    }
  }

  /** To be recycled after this one, which has a part of the same; once for each whole. Under the locks of its stripes. */
  synchronized void inherit(Lend left) {
    for (Lend other : heirlooms) {
      if (other.whole == left.whole) {
        return;
      }
    }
    heirlooms.add(left);
  }

  /** Whom nobody will take back, with {@code also}: this one is out no more, so none is added. */
  private synchronized List<Lend> heirlooms(@Nullable Lend also) {
    if (also != null) {
      inherit(also);
    }
    return heirlooms;
  }

  private void settle() {
    if (LentMemory.leftToAnother(this)) {
      return;
    }
    try {
      whole.recycle();
    } catch (Throwable thrown) {
      failed("recycle", resource, this, thrown);
    }
  }

  /** A hook is the user's: what it throws must not cost anybody the result of an operation. */
  static void returned(Resource resource, Object lent) {
    try {
      resource.returned();
    } catch (Throwable thrown) {
      failed("returned", resource, lent, thrown);
    }
  }

  /** Nobody will ever say that the kernel has let go: it stays lent, and reachable, as long as the process lives (I-12). */
  public void abandon() {
    try {
      resource.abandoned();
    } catch (Throwable thrown) {
      failed("abandoned", resource, this, thrown);
    }
  }

  private static void failed(String hook, Resource resource, Object lent, Throwable thrown) {
    LOG.log(
        System.Logger.Level.ERROR, hook + "() of " + resource.getClass().getName() + " failed; it was " + lent, thrown);
  }

  @Override
  public String toString() {
    return bytes + " bytes at 0x" + Long.toHexString(address) + " lent to " + use + (mutable ? " to be written to" : "")
        + " by thread #" + threadId;
  }
}
