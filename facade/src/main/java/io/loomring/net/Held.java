package io.loomring.net;

import io.loomring.api.RawOperations;
import io.loomring.buffer.BufferPool;
import io.loomring.fd.Descriptor;

/** A socket's descriptor, and what operations on it go through. */
record Held(Descriptor descriptor, RawOperations raw, BufferPool buffers) {}
