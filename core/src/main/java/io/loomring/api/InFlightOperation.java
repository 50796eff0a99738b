package io.loomring.api;

/**
 * One operation in flight, as {@link Monitoring#inFlight} found it.
 *
 * @param ring the driver of its ring, as its threads are called
 * @param kind what it does
 * @param descriptor the number of the descriptor that it acts on, of a direct one its index; -1 for none
 * @param thread the name of the thread that waits for it, or its number where it has no name; empty where none waits
 * @param ageNanos how long ago it was handed in, in nanoseconds; -1 where that was not noted ({@link Monitoring#setTimed})
 * @param state {@code queued} for a turn, {@code in kernel}, {@code cancelling}, or {@code lent}: it has its result, and
 *     the kernel still holds the buffer
 * @since 0.1
 */
public record InFlightOperation(
    String ring, String kind, int descriptor, String thread, long ageNanos, String state) {}
