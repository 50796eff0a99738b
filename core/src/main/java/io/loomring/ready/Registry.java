package io.loomring.ready;

import io.loomring.error.DescriptorClosedException;
import io.loomring.error.ErrorTable;
import io.loomring.fd.Descriptor;
import io.loomring.sys.Errno;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who is registered for what: one for each descriptor and direction. It also finds those whose number means another file
 * than it did; they are taken out, and told to {@code stale} outside of the lock.
 */
final class Registry {
  /** How often all descriptors are looked at, at most, where there are more than a few. */
  static final long CHECK_NANOS = 1_000_000_000;
  /** Up to so many are a few. */
  private static final int FEW_MAX = 16;

  private static final int INTERESTS = Interest.values().length;

  /** The waiters for one number, or one direct descriptor: see {@link Registration#key}. */
  private static final class Watched {
    final @Nullable Registration[] of = new Registration[INTERESTS];

    List<Registration> all() {
      List<Registration> all = new ArrayList<>(INTERESTS);
      for (Registration registration : of) {
        if (registration != null) {
          all.add(registration);
        }
      }
      return all;
    }
  }

  private final Consumer<Registration> stale;
  private final ReentrantLock lock = new ReentrantLock();

  // Under the lock.
  private final FileIdentities identities;
  private final Map<Object, Watched> watched = new HashMap<>();
  private long checkedNanos = System.nanoTime() - CHECK_NANOS;

  // Written under the lock.
  private volatile int reported;
  private volatile boolean closed;

  Registry(FileIdentities identities, Consumer<Registration> stale) {
    this.identities = identities;
    this.stale = stale;
  }

  boolean isClosed() {
    return closed;
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the readiness queue is closed");
    }
  }

  /** Registrations other than those of threads that wait. */
  int reported() {
    return reported;
  }

  /** Adds one; what it throws is what {@link ReadinessQueue#register} says. */
  void add(Registration fresh) throws IOException {
    if (fresh.id < 0) {
      throw new IllegalArgumentException("descriptor " + fresh.id + " is negative");
    }
    List<Registration> gone = List.of();
    lock.lock();
    try {
      requireOpen();
      // The number may be another file's since: then whoever waited for that one is not in the way.
      gone = takeStale(fresh.key());
      Watched at = watched.get(fresh.key());
      if (at == null) {
        note(fresh);
        at = new Watched();
        watched.put(fresh.key(), at);
      } else if (at.of[fresh.interest.ordinal()] != null) {
        throw new IllegalStateException(fresh + " has a waiter: there is one for each descriptor and direction,"
            + " and this one has to be reported or unregistered first");
      }
      at.of[fresh.interest.ordinal()] = fresh;
      count(fresh, 1);
    } finally {
      lock.unlock();
      gone.forEach(stale);
    }
  }

  private void note(Registration fresh) throws IOException {
    if (fresh.on != null && !fresh.on.isOpen()) {
      throw new DescriptorClosedException("closed: " + fresh.on);
    }
    if (!(fresh.key() instanceof Integer)) {
      // Nobody but its own close() closes a direct one, and that ends its polls.
      return;
    }
    int noted = identities.note(fresh.id);
    if (noted == -Errno.EBADF) {
      throw new DescriptorClosedException("descriptor " + fresh.id + " is not open");
    }
    if (noted == -Errno.EPERM) {
      throw alwaysReady(fresh);
    }
    if (noted < 0) {
      throw ErrorTable.fileException(-noted);
    }
  }

  static IOException alwaysReady(Registration registration) {
    return new IOException(registration.name() + " is always ready, as regular files are: nothing to wait for");
  }

  private void count(Registration registration, int more) {
    if (registration.thread == null) {
      reported = reported + more;
    }
  }

  boolean isRegistered(Registration registration) {
    lock.lock();
    try {
      return isIn(registration);
    } finally {
      lock.unlock();
    }
  }

  private boolean isIn(Registration registration) {
    Watched at = watched.get(registration.key());
    return at != null && at.of[registration.interest.ordinal()] == registration;
  }

  /** Takes one out; answers whether it was in. */
  boolean remove(Registration registration) {
    lock.lock();
    try {
      return isIn(registration) && take(registration.key(), registration.interest) != null;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Registration take(Object key, Interest interest) {
    Watched at = watched.get(key);
    Registration found = at == null ? null : at.of[interest.ordinal()];
    if (at != null && found != null) {
      at.of[interest.ordinal()] = null;
      count(found, -1);
      if (at.all().isEmpty()) {
        watched.remove(key);
        if (key instanceof Integer fd) {
          identities.forget(fd);
        }
      }
    }
    return found;
  }

  /** Takes out who waits for that; it may be stale, which it is told itself then, or else the others for that key. */
  @Nullable Registration remove(Object key, Interest interest) {
    List<Registration> gone;
    Registration found;
    lock.lock();
    try {
      gone = takeStale(key);
      found = take(key, interest);
    } finally {
      lock.unlock();
    }
    for (Registration registration : gone) {
      if (registration.interest == interest) {
        found = registration;
        found.drop(true);
      } else {
        stale.accept(registration);
      }
    }
    return found;
  }

  /** Takes out all, and takes no more; null where that was done before. */
  @Nullable List<Registration> close() {
    List<Registration> all = new ArrayList<>();
    lock.lock();
    try {
      if (closed) {
        return null;
      }
      closed = true;
      watched.values().forEach(at -> all.addAll(at.all()));
      watched.clear();
      reported = 0;
    } finally {
      lock.unlock();
    }
    return all;
  }

  // ---- numbers that mean another file

  private List<Registration> takeStale(Object key) {
    Watched at = watched.get(key);
    if (at == null || isSame(key)) {
      return List.of();
    }
    watched.remove(key);
    List<Registration> gone = at.all();
    gone.forEach(registration -> count(registration, -1));
    return gone;
  }

  private boolean isSame(Object key) {
    return key instanceof Integer fd ? identities.isSame(fd) : ((Descriptor) key).isOpen();
  }

  /** Looks at one number. */
  void check(Object key) {
    List<Registration> gone;
    lock.lock();
    try {
      gone = takeStale(key);
    } finally {
      lock.unlock();
    }
    gone.forEach(stale);
  }

  /** Looks at all, where they are few or it is time; answers whether there were any. */
  boolean checkAll() {
    List<Registration> gone = new ArrayList<>();
    lock.lock();
    try {
      if (watched.size() > FEW_MAX && System.nanoTime() - checkedNanos < CHECK_NANOS) {
        return false;
      }
      for (Object key : List.copyOf(watched.keySet())) {
        gone.addAll(takeStale(key));
      }
      checkedNanos = System.nanoTime();
    } finally {
      lock.unlock();
    }
    gone.forEach(stale);
    return !gone.isEmpty();
  }
}
