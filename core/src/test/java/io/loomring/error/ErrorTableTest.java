package io.loomring.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loomring.sys.Errno;
import io.loomring.testkit.RunsOnce;
import java.io.IOException;
import java.net.SocketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@RunsOnce(RunsOnce.NO_DRIVER)
class ErrorTableTest {
  @ParameterizedTest(name = "{0} with errno {1} is a {2}")
  @CsvSource({
      "CONNECT, 111, java.net.ConnectException, Connection refused",
      "CONNECT, 110, java.net.ConnectException, Connection timed out",
      "CONNECT, 113, java.net.NoRouteToHostException, No route to host",
      "CONNECT, 99, java.net.BindException, Cannot assign requested address",
      "CONNECT, 101, java.net.SocketException, Network is unreachable",
      "CONNECT, 71, java.net.ProtocolException, Protocol error",
      "BIND, 98, java.net.BindException, Address already in use",
      "BIND, 13, java.net.BindException, Permission denied",
      "BIND, 99, java.net.BindException, Cannot assign requested address",
      "LISTEN, 98, java.net.BindException, Address already in use",
      "ACCEPT, 24, java.io.IOException, Too many open files",
      "ACCEPT, 23, java.io.IOException, Too many open files in system",
      "ACCEPT, 103, java.net.SocketException, Software caused connection abort",
      "READ, 104, java.net.SocketException, Connection reset",
      "WRITE, 104, java.net.SocketException, Connection reset by peer",
      "WRITE, 32, java.net.SocketException, Broken pipe",
      "READ, 110, java.net.ConnectException, Connection timed out",
      "READ, 113, java.net.NoRouteToHostException, No route to host",
      "OPTION, 22, java.net.SocketException, Invalid argument",
      "SOCKET, 24, java.net.SocketException, Too many open files",
      "SHUTDOWN, 107, java.net.ConnectException, Transport endpoint is not connected"
  })
  void anErrnoOfACallHasTheExceptionAndTheTextOfTheJdk(Call call, int errno, String type, String text) {
    IOException exception = ErrorTable.socketException(call, errno);
    assertEquals(type, exception.getClass().getName());
    assertEquals(text, exception.getMessage());
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource(Call.class)
  void everyCallHasAnExceptionForEveryErrno(Call call) {
    for (int errno = 1; errno < 4096; errno++) {
      String message = ErrorTable.socketException(call, errno).getMessage();
      assertTrue(message != null && !message.isBlank());
    }
  }

  @Test
  void anErrnoThatIsNotNamedIsASocketExceptionWithTheLibrarysText() {
    IOException exception = ErrorTable.socketException(Call.READ, 3999);
    assertSame(SocketException.class, exception.getClass());
    assertTrue(exception.getMessage().contains("3999"), exception.getMessage());
  }

  @Test
  void aDetailStandsBehindTheText() {
    assertEquals(
        "Connection refused: localhost/127.0.0.1:80",
        ErrorTable.socketException(Call.CONNECT, Errno.ECONNREFUSED, "localhost/127.0.0.1:80").getMessage());
  }

  @Test
  void anErrorOfAFileIsAPlainIoException() {
    IOException exception = ErrorTable.fileException(Errno.EIO);
    assertSame(IOException.class, exception.getClass());
    assertEquals("Input/output error", exception.getMessage());
  }

  @ParameterizedTest(name = "errno {0} is a {1}")
  @CsvSource({
      "2, java.nio.file.NoSuchFileException, a",
      "17, java.nio.file.FileAlreadyExistsException, a",
      "13, java.nio.file.AccessDeniedException, a",
      "20, java.nio.file.FileSystemException, a: Not a directory",
      "28, java.nio.file.FileSystemException, a: No space left on device",
      "40, java.nio.file.FileSystemException, a: Too many levels of symbolic links or unable to access attributes of "
          + "symbolic link"
  })
  void anErrnoOfACallThatNamesAFileHasTheExceptionOfTheJdk(int errno, String type, String message) {
    IOException exception = ErrorTable.fileException(errno, "a");
    assertEquals(type, exception.getClass().getName());
    assertEquals(message, exception.getMessage());
  }

  @Test
  void aRefusalIsPolicyOrAgeAndNotAShortage() {
    for (int errno : new int[] {Errno.EPERM, Errno.EACCES, Errno.ENOSYS, Errno.EINVAL}) {
      assertTrue(UringUnavailableException.refused("io_uring_setup", errno).isRefusal());
    }
    for (int errno : new int[] {Errno.ENOMEM, Errno.EMFILE, Errno.ENFILE, Errno.EAGAIN}) {
      assertTrue(!UringUnavailableException.refused("io_uring_setup", errno).isRefusal());
    }
  }

  @Test
  void aRefusalSaysWhichCallAnsweredWhatAndWhatToDo() {
    String message = UringUnavailableException.refused("io_uring_setup", Errno.EPERM).getMessage();
    assertTrue(message.startsWith("io_uring is not available: io_uring_setup answered EPERM ("), message);
    assertTrue(message.contains("seccomp") && message.contains("kernel.io_uring_disabled=0"), message);
  }

  @Test
  void oneThatWasFoundOutEarlierIsThrownAnewWithTheFirstAsItsCause() {
    UringUnavailableException first = UringUnavailableException.refused("io_uring_setup", Errno.ENOSYS);
    UringUnavailableException again = first.again();
    assertSame(first, again.getCause());
    assertEquals(first.getMessage(), again.getMessage());
    assertEquals(first.errno(), again.errno());
  }
}
