package io.loomring.op;

import org.jspecify.annotations.Nullable;

/**
 * One operation in flight, as it was at some moment.
 *
 * @param kind what it does
 * @param descriptor the number of what it acts on, or -1 for none
 * @param waiter the thread that waits for it, or null where none does
 * @param begunNanos when it was handed in, on the clock of {@link System#nanoTime}, or 0 where that was not noted
 * @param state where it is: queued for a turn, in the kernel, or to be cancelled there
 */
public record InFlight(OperationKind kind, int descriptor, @Nullable Thread waiter, long begunNanos, String state) {}
