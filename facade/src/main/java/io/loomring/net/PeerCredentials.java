package io.loomring.net;

/**
 * Who is at the other end of a Unix domain socket, as the kernel noted it when that end connected, or began to listen.
 *
 * @param processId the process, which may have ended, or handed its socket on, since; 0 where it is not visible here
 * @param userId its effective user
 * @param groupId its effective group
 * @since 0.1
 */
public record PeerCredentials(int processId, int userId, int groupId) {}
