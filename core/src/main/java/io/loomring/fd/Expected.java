package io.loomring.fd;

import io.loomring.op.DescriptorReceiver;

/** The owner of a descriptor that an operation is going to make, of either kind (I-9). */
public sealed interface Expected extends DescriptorReceiver permits RegularDescriptor, DirectDescriptor {
  /** Itself, for when it has come. */
  Descriptor descriptor();

  /** Lets an expected descriptor go, for a caller that fails: one that has come all the same is closed. */
  void discard();
}
