package io.loomring.agent.programs;

import com.sun.jna.Library;
import com.sun.jna.Native;

/** A program with a JNA of its own, which it uses before and after its sockets. */
public final class JnaProgram {
  private JnaProgram() {}

  /** What it takes from libc. */
  public interface LibC extends Library {
    int getpid();
  }

  public static void main(String[] args) throws Exception {
    LibC libC = Native.load("c", LibC.class);
    System.out.println(libC.getpid() == ProcessHandle.current().pid());
    PlainProgram.main(args);
    System.out.println(libC.getpid() == ProcessHandle.current().pid());
    System.out.println(Native.class.getClassLoader() == JnaProgram.class.getClassLoader());
  }
}
