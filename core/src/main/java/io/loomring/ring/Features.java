package io.loomring.ring;

import java.util.List;

/** Feature bits that the kernel reports at set-up. */
public final class Features {
  /** IORING_FEAT_SINGLE_MMAP, kernel 5.4. */
  public static final int SINGLE_MMAP = 1 << 0;
  /** IORING_FEAT_NODROP, kernel 5.5. */
  public static final int NODROP = 1 << 1;
  /** IORING_FEAT_SUBMIT_STABLE, kernel 5.5. */
  public static final int SUBMIT_STABLE = 1 << 2;
  /** IORING_FEAT_RW_CUR_POS, kernel 5.6. */
  public static final int RW_CUR_POS = 1 << 3;
  /** IORING_FEAT_CUR_PERSONALITY, kernel 5.6. */
  public static final int CUR_PERSONALITY = 1 << 4;
  /** IORING_FEAT_FAST_POLL, kernel 5.7. */
  public static final int FAST_POLL = 1 << 5;
  /** IORING_FEAT_POLL_32BITS, kernel 5.9. */
  public static final int POLL_32BITS = 1 << 6;
  /** IORING_FEAT_SQPOLL_NONFIXED, kernel 5.11. */
  public static final int SQPOLL_NONFIXED = 1 << 7;
  /** IORING_FEAT_EXT_ARG, kernel 5.11. */
  public static final int EXT_ARG = 1 << 8;
  /** IORING_FEAT_NATIVE_WORKERS, kernel 5.12. */
  public static final int NATIVE_WORKERS = 1 << 9;
  /** IORING_FEAT_RSRC_TAGS, kernel 5.13. */
  public static final int RSRC_TAGS = 1 << 10;
  /** IORING_FEAT_CQE_SKIP, kernel 5.17. */
  public static final int CQE_SKIP = 1 << 11;
  /** IORING_FEAT_LINKED_FILE, kernel 5.17. */
  public static final int LINKED_FILE = 1 << 12;
  /** IORING_FEAT_REG_REG_RING, kernel 6.3. */
  public static final int REG_REG_RING = 1 << 13;
  /** IORING_FEAT_RECVSEND_BUNDLE, kernel 6.10. */
  public static final int RECVSEND_BUNDLE = 1 << 14;
  /** IORING_FEAT_MIN_TIMEOUT, kernel 6.12. */
  public static final int MIN_TIMEOUT = 1 << 15;
  /** IORING_FEAT_RW_ATTR, kernel 6.14. */
  public static final int RW_ATTR = 1 << 16;
  /** IORING_FEAT_NO_IOWAIT, kernel 6.15. */
  public static final int NO_IOWAIT = 1 << 17;

  /** One of them: its name without IORING_FEAT_, its bit, and the kernel that has it first. */
  public record Feature(String name, int bit, String since) {}

  /** All of them, by number. */
  public static final List<Feature> ALL = List.of(
      new Feature("SINGLE_MMAP", SINGLE_MMAP, "5.4"),
      new Feature("NODROP", NODROP, "5.5"),
      new Feature("SUBMIT_STABLE", SUBMIT_STABLE, "5.5"),
      new Feature("RW_CUR_POS", RW_CUR_POS, "5.6"),
      new Feature("CUR_PERSONALITY", CUR_PERSONALITY, "5.6"),
      new Feature("FAST_POLL", FAST_POLL, "5.7"),
      new Feature("POLL_32BITS", POLL_32BITS, "5.9"),
      new Feature("SQPOLL_NONFIXED", SQPOLL_NONFIXED, "5.11"),
      new Feature("EXT_ARG", EXT_ARG, "5.11"),
      new Feature("NATIVE_WORKERS", NATIVE_WORKERS, "5.12"),
      new Feature("RSRC_TAGS", RSRC_TAGS, "5.13"),
      new Feature("CQE_SKIP", CQE_SKIP, "5.17"),
      new Feature("LINKED_FILE", LINKED_FILE, "5.17"),
      new Feature("REG_REG_RING", REG_REG_RING, "6.3"),
      new Feature("RECVSEND_BUNDLE", RECVSEND_BUNDLE, "6.10"),
      new Feature("MIN_TIMEOUT", MIN_TIMEOUT, "6.12"),
      new Feature("RW_ATTR", RW_ATTR, "6.14"),
      new Feature("NO_IOWAIT", NO_IOWAIT, "6.15"));

  private Features() {}
}
