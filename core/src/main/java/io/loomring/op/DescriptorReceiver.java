package io.loomring.op;

/** Who owns a descriptor that an operation makes, whatever becomes of the operation's caller (I-9). */
@FunctionalInterface
public interface DescriptorReceiver {
  /** Takes the number over. Called by the baton's holder: it must not block, throw or allocate. */
  void receive(int fd);
}
