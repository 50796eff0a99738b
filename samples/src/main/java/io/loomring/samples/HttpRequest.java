package io.loomring.samples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Map.entry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A request of HTTP/1.1 without its body, and what it asks for. Header names are in lower case. */
record HttpRequest(String method, String target, int minorVersion, Map<String, String> headers) {
  private static final Pattern VERSION = Pattern.compile("HTTP/(\\d)\\.(\\d)");
  private static final Pattern METHOD = Pattern.compile("[A-Z]{1,20}");
  private static final Pattern TARGET = Pattern.compile("[\\x21-\\x7e]+");
  private static final Pattern HEADER = Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\\x20-\\x7e\\x80-\\xff]*)");
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");
  /** As in Sun, 06 Nov 1994 08:49:37 GMT. */
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US).withZone(ZoneOffset.UTC);
  private static final Map<Integer, String> REASONS = Map.ofEntries(
      entry(200, "OK"), entry(206, "Partial Content"), entry(301, "Moved Permanently"), entry(304, "Not Modified"),
      entry(400, "Bad Request"), entry(403, "Forbidden"), entry(404, "Not Found"), entry(405, "Method Not Allowed"),
      entry(416, "Range Not Satisfiable"), entry(431, "Request Header Fields Too Large"),
      entry(505, "HTTP Version Not Supported"));

  /** What is answered in place of what was asked for. */
  static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String headers;

    Refusal(int status) {
      this(status, "");
    }

    Refusal(int status, String headers) {
      super(status + " " + REASONS.get(status), null, false, false);
      this.status = status;
      this.headers = headers;
    }

    /** Whether the request was read as it was meant, so that the next one can be. */
    boolean leavesConnection() {
      return status != 400 && status != 405 && status != 431 && status != 505;
    }

    int status() {
      return status;
    }

    String headers() {
      return headers;
    }
  }

  /** The bytes of a file that an answer has: {@code from} included, {@code to} not. */
  record Range(long from, long to, boolean isPart) {
    long length() {
      return to - from;
    }
  }

  /** Reads requests, one after the other, from a connection. */
  static final class Reader {
    private static final int MAX_HEAD_BYTES = 16 * 1024;

    private final InputStream in;
    private final byte[] buffer = new byte[MAX_HEAD_BYTES];
    private int start;
    private int end;

    Reader(InputStream in) {
      this.in = in;
    }

    /** The next request; null at the end of the connection. */
    @Nullable HttpRequest next() throws IOException, Refusal {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
      int scanned = 0;
      while (true) {
        for (int i = scanned; i + 3 < end; i++) {
          if (buffer[i] == '\r' && buffer[i + 1] == '\n' && buffer[i + 2] == '\r' && buffer[i + 3] == '\n') {
            start = i + 4;
            return parse(new String(buffer, 0, i, ISO_8859_1));
          }
        }
        scanned = Math.max(0, end - 3);
        if (end == buffer.length) {
          throw new Refusal(431);
        }
        int count = in.read(buffer, end, buffer.length - end);
        if (count < 0) {
          if (end == 0) {
            return null;
          }
          throw new Refusal(400);
        }
        end += count;
      }
    }
  }

  private static HttpRequest parse(String head) throws Refusal {
    String[] lines = head.split("\r\n", -1);
    String[] words = lines[0].split(" ", -1);
    Matcher version = VERSION.matcher(words[words.length - 1]);
    if (words.length != 3 || !version.matches() || !METHOD.matcher(words[0]).matches()
        || !TARGET.matcher(words[1]).matches()) {
      throw new Refusal(400);
    }
    if (!version.group(1).equals("1")) {
      throw new Refusal(505);
    }
    Map<String, String> headers = new HashMap<>();
    for (int i = 1; i < lines.length; i++) {
      Matcher header = HEADER.matcher(lines[i]);
      if (!header.matches()) {
        throw new Refusal(400);
      }
      headers.merge(header.group(1).toLowerCase(Locale.ROOT), header.group(2).strip(), (a, b) -> a + ", " + b);
    }
    int minor = Integer.parseInt(version.group(2));
    String host = headers.get("host");
    if (host == null ? minor > 0 : host.contains(",")) {
      throw new Refusal(400);
    }
    return new HttpRequest(words[0], words[1], minor, headers);
  }

  boolean isHead() {
    return method.equals("HEAD");
  }

  private String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /** Whether another request may follow; not behind a body, which is not read here. */
  boolean keepsAlive() {
    List<String> wishes = List.of(header("connection").toLowerCase(Locale.ROOT).split("[ ,]+"));
    boolean hasBody = headers.containsKey("transfer-encoding") || !header("content-length").matches("0?");
    return !hasBody && (minorVersion > 0 ? !wishes.contains("close") : wishes.contains("keep-alive"));
  }

  void requireMethod(String... known) throws Refusal {
    if (!List.of(known).contains(method)) {
      throw new Refusal(405, "Allow: " + String.join(", ", known) + "\r\n");
    }
  }

  private String rawPath() {
    String path = target.replaceFirst("^[a-zA-Z]+://[^/?]*", "").replaceFirst("[?#].*", "");
    return path.isEmpty() && !target.startsWith("?") ? "/" : path;
  }

  /** The target as that of a directory; on this server, even where the path begins with what would be another's name. */
  String asDirectory() {
    return rawPath().replaceFirst("^/+", "/") + "/";
  }

  /** The path that is asked for, decoded, without the query. */
  String path() throws Refusal {
    String raw = rawPath();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        int high = i + 2 < raw.length() ? Character.digit(raw.charAt(i + 1), 16) : -1;
        int low = high < 0 ? -1 : Character.digit(raw.charAt(i + 2), 16);
        if (low < 0) {
          throw new Refusal(400);
        }
        c = (char) (high << 4 | low);
        i += 2;
      }
      bytes.write(c);
    }
    try {
      String path = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
      if (path.startsWith("/") && path.indexOf('\0') < 0) {
        return path;
      }
    } catch (CharacterCodingException e) {
      // The same answer as for other paths that are none.
    }
    throw new Refusal(400);
  }

  /** Whether a file is to be sent that was modified then. */
  boolean wantsIfModified(Instant modified) {
    try {
      return modified.isAfter(DATE.parse(header("if-modified-since"), Instant::from));
    } catch (DateTimeException none) {
      return true;
    }
  }

  /** What is to be sent of a file of {@code size} bytes: all, unless a part is asked for of that very file. */
  Range range(long size, Instant modified) throws Refusal {
    Range all = new Range(0, size, false);
    Matcher range = RANGE.matcher(header("range"));
    if (isHead() || !range.matches() || !header("if-range").matches("|" + Pattern.quote(date(modified)))) {
      return all;
    }
    boolean isSuffix = range.group(1).isEmpty();
    long last = range.group(2).isEmpty() ? Long.MAX_VALUE - 1 : Long.parseLong(range.group(2));
    long from = isSuffix ? Math.max(0, size - last) : Long.parseLong(range.group(1));
    long to = isSuffix ? size : Math.min(size, last + 1);
    if (isSuffix ? range.group(2).isEmpty() : last < from) {
      return all;
    }
    if (from >= size) {
      throw new Refusal(416, "Content-Range: bytes */" + size + "\r\n");
    }
    return new Range(from, to, true);
  }

  /** The head of the answer, with {@code headers} of its own. */
  byte[] head(int status, boolean goesOn, String headers) {
    return head(this, status, goesOn, headers);
  }

  /** The same to a request that may not even be one. */
  static byte[] head(@Nullable HttpRequest request, int status, boolean goesOn, String headers) {
    String connection = !goesOn ? "Connection: close\r\n"
        : request != null && request.minorVersion == 0 ? "Connection: keep-alive\r\n" : "";
    return ("HTTP/1.1 " + status + " " + REASONS.get(status) + "\r\nDate: " + date(Instant.now()) + "\r\n"
        + headers + connection + "\r\n").getBytes(ISO_8859_1);
  }

  static String date(Instant instant) {
    return DATE.format(instant);
  }
}
