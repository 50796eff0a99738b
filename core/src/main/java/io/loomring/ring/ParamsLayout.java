package io.loomring.ring;

/**
 * {@code struct io_uring_params}, 120 bytes: what set-up is asked for, and where the rings' fields lie.
 *
 * <pre>
 *  0           4           8       12          16         20        24      28        40         80        120
 *  +-----------+-----------+-------+-----------+----------+---------+-------+---------+----------+---------+
 *  | sq_entries| cq_entries| flags | sq cpu    | sq idle  | features| wq_fd | reserved| sq_off   | cq_off  |
 *  +-----------+-----------+-------+-----------+----------+---------+-------+---------+----------+---------+
 * </pre>
 *
 * <p>{@code sq_off}: head, tail, ring_mask, ring_entries, flags, dropped, array. {@code cq_off}: head, tail, ring_mask,
 * ring_entries, overflow, cqes, flags. Four bytes each.
 */
final class ParamsLayout {
  static final int SQ_ENTRIES = 0;
  static final int CQ_ENTRIES = 4;
  static final int FLAGS = 8;
  static final int FEATURES = 20;
  static final int SQ_OFF_HEAD = 40;
  static final int SQ_OFF_TAIL = 44;
  static final int SQ_OFF_FLAGS = 56;
  static final int SQ_OFF_ARRAY = 64;
  static final int CQ_OFF_HEAD = 80;
  static final int CQ_OFF_TAIL = 84;
  static final int CQ_OFF_OVERFLOW = 96;
  static final int CQ_OFF_CQES = 100;
  static final int BYTES = 120;

  private ParamsLayout() {}
}
