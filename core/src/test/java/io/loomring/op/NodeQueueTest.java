package io.loomring.op;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.testkit.RunsOnce;
import org.junit.jupiter.api.Test;

@RunsOnce(RunsOnce.NO_DRIVER)
class NodeQueueTest {
  private static final class Node extends InboxNode {}

  private final NodeQueue queue = new NodeQueue();
  private final Node first = new Node();
  private final Node second = new Node();

  @Test
  void anEmptyOneHasNoHead() {
    assertTrue(queue.isEmpty());
    assertNull(queue.peek());
  }

  @Test
  void nodesLeaveInTheOrderInWhichTheyCame() {
    queue.add(first);
    queue.add(second);
    assertSame(first, queue.peek());
    queue.removeHead();
    assertSame(second, queue.peek());
    queue.removeHead();
    assertTrue(queue.isEmpty());
  }

  @Test
  void lookingAtTheHeadLeavesItThere() {
    queue.add(first);
    assertSame(first, queue.peek());
    assertSame(first, queue.peek());
    assertFalse(queue.isEmpty());
  }

  @Test
  void aNodeThatWasTakenOutMayBeAddedAgainAtTheEnd() {
    queue.add(first);
    queue.add(second);
    queue.removeHead();
    queue.add(first);
    assertSame(second, queue.peek());
    queue.removeHead();
    assertSame(first, queue.peek());
  }

  @Test
  void whatANodeWasLinkedToBeforeIsForgotten() {
    first.next = second;
    queue.add(first);
    queue.removeHead();
    assertTrue(queue.isEmpty());
    assertNull(first.next);
  }

  @Test
  void oneThatBecameEmptyTakesNodesAgain() {
    queue.add(first);
    queue.removeHead();
    queue.add(second);
    assertSame(second, queue.peek());
  }
}
