package io.loomring.api;

import java.lang.foreign.MemorySegment;

/**
 * One of the words that {@link ProcessOperations#futexWaitAny} waits on.
 *
 * @param word four bytes of native memory, aligned to four
 * @param expected what it must hold for the wait to begin
 * @since 0.1
 */
public record FutexWord(MemorySegment word, int expected) {}
