package io.loomring.ring;

/** Operations of {@code io_uring_register}, and the constants that go with them. */
public final class RegisterOps {
  /** IORING_REGISTER_BUFFERS, kernel 5.1. */
  public static final int REGISTER_BUFFERS = 0;
  /** IORING_UNREGISTER_BUFFERS, kernel 5.1. */
  public static final int UNREGISTER_BUFFERS = 1;
  /** IORING_REGISTER_FILES, kernel 5.1. */
  public static final int REGISTER_FILES = 2;
  /** IORING_UNREGISTER_FILES, kernel 5.1. */
  public static final int UNREGISTER_FILES = 3;
  /** IORING_REGISTER_EVENTFD, kernel 5.2. */
  public static final int REGISTER_EVENTFD = 4;
  /** IORING_UNREGISTER_EVENTFD, kernel 5.2. */
  public static final int UNREGISTER_EVENTFD = 5;
  /** IORING_REGISTER_FILES_UPDATE, kernel 5.5. */
  public static final int REGISTER_FILES_UPDATE = 6;
  /** IORING_REGISTER_EVENTFD_ASYNC, kernel 5.6. */
  public static final int REGISTER_EVENTFD_ASYNC = 7;
  /** IORING_REGISTER_PROBE, kernel 5.6. */
  public static final int REGISTER_PROBE = 8;
  /** IORING_REGISTER_PERSONALITY, kernel 5.6. */
  public static final int REGISTER_PERSONALITY = 9;
  /** IORING_UNREGISTER_PERSONALITY, kernel 5.6. */
  public static final int UNREGISTER_PERSONALITY = 10;
  /** IORING_REGISTER_RESTRICTIONS, kernel 5.10. */
  public static final int REGISTER_RESTRICTIONS = 11;
  /** IORING_REGISTER_ENABLE_RINGS, kernel 5.10. */
  public static final int REGISTER_ENABLE_RINGS = 12;
  /** IORING_REGISTER_FILES2, kernel 5.13. */
  public static final int REGISTER_FILES2 = 13;
  /** IORING_REGISTER_FILES_UPDATE2, kernel 5.13. */
  public static final int REGISTER_FILES_UPDATE2 = 14;
  /** IORING_REGISTER_BUFFERS2, kernel 5.13. */
  public static final int REGISTER_BUFFERS2 = 15;
  /** IORING_REGISTER_BUFFERS_UPDATE, kernel 5.13. */
  public static final int REGISTER_BUFFERS_UPDATE = 16;
  /** IORING_REGISTER_IOWQ_AFF, kernel 5.14. */
  public static final int REGISTER_IOWQ_AFF = 17;
  /** IORING_UNREGISTER_IOWQ_AFF, kernel 5.14. */
  public static final int UNREGISTER_IOWQ_AFF = 18;
  /** IORING_REGISTER_IOWQ_MAX_WORKERS, kernel 5.15. */
  public static final int REGISTER_IOWQ_MAX_WORKERS = 19;
  /** IORING_REGISTER_RING_FDS, kernel 5.18. */
  public static final int REGISTER_RING_FDS = 20;
  /** IORING_UNREGISTER_RING_FDS, kernel 5.18. */
  public static final int UNREGISTER_RING_FDS = 21;
  /** IORING_REGISTER_PBUF_RING, kernel 5.19. */
  public static final int REGISTER_PBUF_RING = 22;
  /** IORING_UNREGISTER_PBUF_RING, kernel 5.19. */
  public static final int UNREGISTER_PBUF_RING = 23;
  /** IORING_REGISTER_SYNC_CANCEL, kernel 6.0. */
  public static final int REGISTER_SYNC_CANCEL = 24;
  /** IORING_REGISTER_FILE_ALLOC_RANGE, kernel 6.0. */
  public static final int REGISTER_FILE_ALLOC_RANGE = 25;
  /** IORING_REGISTER_PBUF_STATUS, kernel 6.8. */
  public static final int REGISTER_PBUF_STATUS = 26;
  /** IORING_REGISTER_NAPI, kernel 6.9. */
  public static final int REGISTER_NAPI = 27;
  /** IORING_UNREGISTER_NAPI, kernel 6.9. */
  public static final int UNREGISTER_NAPI = 28;
  /** IORING_REGISTER_CLOCK, kernel 6.12. */
  public static final int REGISTER_CLOCK = 29;
  /** IORING_REGISTER_CLONE_BUFFERS, kernel 6.12. */
  public static final int REGISTER_CLONE_BUFFERS = 30;
  /** IORING_REGISTER_SEND_MSG_RING, kernel 6.13. */
  public static final int REGISTER_SEND_MSG_RING = 31;
  /** IORING_REGISTER_ZCRX_IFQ, kernel 6.15. */
  public static final int REGISTER_ZCRX_IFQ = 32;
  /** IORING_REGISTER_RESIZE_RINGS, kernel 6.13. */
  public static final int REGISTER_RESIZE_RINGS = 33;
  /** IORING_REGISTER_MEM_REGION, kernel 6.13. */
  public static final int REGISTER_MEM_REGION = 34;
  /** IORING_REGISTER_QUERY, kernel 6.18. */
  public static final int REGISTER_QUERY = 35;
  /** IORING_REGISTER_ZCRX_CTRL, kernel 6.19. */
  public static final int REGISTER_ZCRX_CTRL = 36;
  /** IORING_REGISTER_BPF_FILTER, kernel 7.0. */
  public static final int REGISTER_BPF_FILTER = 37;
  /** IORING_REGISTER_USE_REGISTERED_RING, kernel 6.3. */
  public static final int USE_REGISTERED_RING = 1 << 31;
  /** IORING_RSRC_REGISTER_SPARSE, kernel 5.19. */
  public static final int RSRC_REGISTER_SPARSE = 1 << 0;
  /** IOU_PBUF_RING_MMAP, kernel 6.4. */
  public static final int PBUF_RING_MMAP = 1;
  /** IOU_PBUF_RING_INC, kernel 6.12. */
  public static final int PBUF_RING_INC = 2;
  /** IORING_FILE_INDEX_ALLOC, kernel 6.0. */
  public static final int FILE_INDEX_ALLOC = -1;
  /** IORING_REGISTER_FILES_SKIP, kernel 5.12. */
  public static final int REGISTER_FILES_SKIP = -2;
  /** Restriction kinds of {@link #REGISTER_RESTRICTIONS}: allows a register call. */
  public static final int RESTRICTION_REGISTER_OP = 0;
  /** Allows an opcode. */
  public static final int RESTRICTION_SQE_OP = 1;
  /** Names the SQE flags that may be set. */
  public static final int RESTRICTION_SQE_FLAGS_ALLOWED = 2;
  /** Names the SQE flags that must be set. */
  public static final int RESTRICTION_SQE_FLAGS_REQUIRED = 3;
  /** The flag of a probe entry whose opcode the kernel has. */
  public static final int OP_SUPPORTED = 1;

  private RegisterOps() {}
}
