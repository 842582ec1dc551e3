package dev.lazymount.trace;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Output of bpftrace: however it is cut into reads, the same events come out. */
public final class TraceLinesFuzz {
  private static final String MARK = "0123456789abcdef";

  private TraceLinesFuzz() {}

  /** The first byte is the size of the pieces; an M stands for the mark. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length == 0) {
      return;
    }
    String text = new String(data, 1, data.length - 1, StandardCharsets.ISO_8859_1);
    byte[] output = text.replace("M", MARK).getBytes(StandardCharsets.ISO_8859_1);
    TraceBatch whole = new TraceParser(MARK, "/ce/.canary-").feed(output, 1);
    TraceParser parser = new TraceParser(MARK, "/ce/.canary-");
    int step = 1 + (data[0] & 0xff);
    long lost = 0;
    long unparsed = 0;
    int accesses = 0;
    for (int at = 0; at < output.length; at += step) {
      byte[] piece = Arrays.copyOfRange(output, at, Math.min(output.length, at + step));
      TraceBatch batch = parser.feed(piece, 1);
      List<?> expected = whole.accesses().subList(accesses, accesses + batch.accesses().size());
      require(batch.accesses().equals(expected), "accesses");
      accesses += batch.accesses().size();
      lost += batch.lost();
      unparsed += batch.unparsed();
    }
    require(accesses == whole.accesses().size(), "number of accesses");
    require(lost == whole.lost(), "lost events");
    require(unparsed == whole.unparsed(), "lines that were not understood");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what + " depend on how the output is cut");
    }
  }
}
