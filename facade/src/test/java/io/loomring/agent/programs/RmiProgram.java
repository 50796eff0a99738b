package io.loomring.agent.programs;

import java.rmi.Remote;
import java.rmi.RemoteException;
import java.rmi.server.UnicastRemoteObject;

/** A remote call to itself. */
public final class RmiProgram {
  private RmiProgram() {}

  /** What is called. */
  public interface Asked extends Remote {
    String ask(String question) throws RemoteException;
  }

  public static void main(String[] args) throws Exception {
    Thread client = Thread.currentThread();
    Asked remote = question -> question + ", the caller's socket is " + Whose.socketOf(client);
    Asked stub = (Asked) UnicastRemoteObject.exportObject(remote, 0);
    System.out.println(stub.ask("remotely"));
    UnicastRemoteObject.unexportObject(remote, true);
  }
}
