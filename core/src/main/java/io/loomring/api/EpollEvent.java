package io.loomring.api;

/**
 * What {@link PollOperations#epollWait} reports of one descriptor.
 *
 * @param events those that are there: EPOLLIN and so on, the same as POLLIN and so on
 * @param data what was registered with the descriptor
 * @since 0.1
 */
public record EpollEvent(int events, long data) {}
