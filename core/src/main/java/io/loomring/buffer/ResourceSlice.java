package io.loomring.buffer;

import java.util.Objects;

/** A part of a resource, which stands for the whole. */
record ResourceSlice(Resource whole, long offset, long bytes) implements Resource {
  ResourceSlice {
    Objects.checkFromIndexSize(offset, bytes, whole.byteSize());
  }

  @Override
  public long address() {
    return whole.address() + offset;
  }

  @Override
  public long byteSize() {
    return bytes;
  }

  @Override
  public boolean isReadOnly() {
    return whole.isReadOnly();
  }

  @Override
  public void lent() {
    whole.lent();
  }

  @Override
  public void returned() {
    whole.returned();
  }

  @Override
  public void abandoned() {
    whole.abandoned();
  }

  @Override
  public void recycle() {
    whole.recycle();
  }
}
