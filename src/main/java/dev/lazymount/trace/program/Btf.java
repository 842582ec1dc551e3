package dev.lazymount.trace.program;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Offsets of struct members and numbers of functions, from the kernel's description of its own
 * types (BTF; Documentation/bpf/btf.rst). Reads the file in pieces and several times, because most
 * of it is not needed and all of it would be the largest object in the daemon's memory.
 */
public final class Btf {
  /**
   * A member of a struct.
   *
   * @param struct the struct's name
   * @param name the member's; it may be inside an anonymous struct or union
   */
  public record Member(String struct, String name) {}

  /** The running kernel's. */
  public static final Path KERNEL = Path.of("/sys/kernel/btf/vmlinux");

  private static final int MAGIC = 0xEB9F;
  private static final int HEADER = 24;
  private static final int FUNCTION = 12;
  private static final int STRUCT = 4;
  private static final int UNION = 5;

  /** Bytes that follow a type, by kind: these, and {@link #AFTER_EACH} for each of its parts. */
  private static final int[] AFTER = {0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0};

  private static final int[] AFTER_EACH = {
    0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12
  };

  /** Bytes read at a time. */
  private static final int PIECE = 64 * 1024;

  /** Names of kernel structs and members are longer than SHORTEST and shorter than LONGEST. */
  private static final int SHORTEST = 1;

  private static final int LONGEST = 24;

  /** Levels of anonymous structs and unions that are searched. */
  private static final int NESTED = 4;

  /**
   * What was found.
   *
   * @param offsets of the members in their structs, bytes
   * @param functions the numbers by which bpf(2) knows functions; those that exist
   */
  public record Found(Map<Member, Integer> offsets, Map<String, Integer> functions) {}

  private record Part(int nameOffset, int type, int offset) {}

  /** A struct whose members are to be read, and its offset in the requested one. */
  private record Wanted(String struct, int base) {}

  private final FileChannel file;
  private final int typesAt;
  private final int typesEnd;
  private final int stringsAt;
  private final int stringsEnd;

  private Btf(FileChannel file) throws IOException {
    this.file = file;
    Cursor header = new Cursor(0);
    if (header.u16() != MAGIC) {
      throw new IOException("no BTF in this byte order");
    }
    header.skip(2);
    int length = header.i32();
    typesAt = length + header.i32();
    typesEnd = typesAt + header.i32();
    stringsAt = length + header.i32();
    stringsEnd = stringsAt + header.i32();
    // A sum that overflows is negative.
    boolean isOrdered = typesEnd >= typesAt && stringsEnd >= stringsAt;
    if (length < HEADER || typesAt < length || stringsAt < length || !isOrdered) {
      throw new IOException("invalid header");
    }
  }

  /**
   * The offsets of these members in their structs, and the numbers of these functions.
   *
   * @param path the description, such as {@link #KERNEL}
   * @throws IOException if it can't be read, or lacks one of the members
   */
  public static Found read(Path path, List<Member> members, Set<String> functions)
      throws IOException {
    try (FileChannel file = FileChannel.open(path)) {
      return new Btf(file).read(members, functions);
    } catch (IOException e) {
      throw new IOException("type information " + path + ": " + e.getMessage(), e);
    }
  }

  private Found read(List<Member> members, Set<String> functions) throws IOException {
    Set<String> names = new HashSet<>(functions);
    members.forEach(member -> names.addAll(List.of(member.struct(), member.name())));
    Map<Integer, String> texts = strings(names);
    Found found = new Found(new HashMap<>(), new HashMap<>());
    Map<Integer, List<Wanted>> byType = Map.of();
    for (int depth = 0; depth < NESTED && found.offsets().size() < members.size(); depth++) {
      byType = pass(texts, byType, new HashSet<>(members), functions, found);
    }
    for (Member member : members) {
      if (!found.offsets().containsKey(member)) {
        throw new IOException("no member " + member.name() + " of struct " + member.struct());
      }
    }
    return found;
  }

  /** The offsets of these names in the string section, which is two million bytes long. */
  private Map<Integer, String> strings(Set<String> names) throws IOException {
    Map<Integer, String> at = new HashMap<>();
    byte[] bytes = new byte[PIECE];
    int kept = 0;
    for (int from = stringsAt; from < stringsEnd; ) {
      ByteBuffer into = ByteBuffer.wrap(bytes, kept, Math.min(PIECE - kept, stringsEnd - from));
      int n = file.read(into, from);
      if (n <= 0) {
        throw new EOFException("truncated");
      }
      int start = 0;
      int base = from - kept - stringsAt;
      for (int i = kept; i < kept + n; i++) {
        if (bytes[i] == 0) {
          if (i - start > SHORTEST && i - start < LONGEST) {
            String text = new String(bytes, start, i - start, StandardCharsets.UTF_8);
            if (names.contains(text)) {
              at.put(base + start, text);
            }
          }
          start = i + 1;
        }
      }
      from += n;
      kept = kept + n - start;
      if (kept == PIECE) {
        throw new IOException("a name is too long");
      }
      System.arraycopy(bytes, start, bytes, 0, kept);
    }
    return at;
  }

  /**
   * Reads all types once: in the first pass the requested structs and functions, in later ones the
   * anonymous structs and unions inside them.
   *
   * @return those to read in the next pass, by the number of their type
   */
  private Map<Integer, List<Wanted>> pass(
      Map<Integer, String> texts,
      Map<Integer, List<Wanted>> byType,
      Set<Member> members,
      Set<String> functions,
      Found found)
      throws IOException {
    Set<String> structs = new HashSet<>();
    if (byType.isEmpty()) {
      members.forEach(member -> structs.add(member.struct()));
    }
    Map<Integer, List<Wanted>> next = new HashMap<>();
    Cursor cursor = new Cursor(typesAt);
    for (int type = 1; cursor.at() < typesEnd; type++) {
      int nameOffset = cursor.i32();
      int info = cursor.i32();
      cursor.skip(4);
      int kind = (info >>> 24) & 31;
      int count = info & 0xffff;
      if (kind >= AFTER.length) {
        throw new IOException("unknown kind of type: " + kind);
      }
      List<Wanted> wanted = byType.getOrDefault(type, List.of());
      String name = texts.get(nameOffset);
      if (kind == STRUCT && name != null && structs.contains(name)) {
        wanted = List.of(new Wanted(name, 0));
      }
      if (kind == FUNCTION && name != null && functions.contains(name)) {
        found.functions().putIfAbsent(name, type);
      }
      if (wanted.isEmpty() || (kind != STRUCT && kind != UNION)) {
        cursor.skip(AFTER[kind] + AFTER_EACH[kind] * count);
      } else {
        for (Part part : parts(cursor, count, info < 0)) {
          String text = texts.get(part.nameOffset());
          for (Wanted in : wanted) {
            int offset = in.base() + part.offset();
            Member member = new Member(in.struct(), text);
            if (members.contains(member)) {
              found.offsets().putIfAbsent(member, offset);
            } else if (part.nameOffset() == 0) {
              next.computeIfAbsent(part.type(), t -> new ArrayList<>())
                  .add(new Wanted(in.struct(), offset));
            }
          }
        }
      }
    }
    return next;
  }

  private static List<Part> parts(Cursor cursor, int count, boolean bitfields) throws IOException {
    List<Part> parts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int name = cursor.i32();
      int type = cursor.i32();
      int bits = cursor.i32();
      parts.add(new Part(name, type, (bitfields ? bits & 0xffffff : bits) / 8));
    }
    return parts;
  }

  /** Reads forward, a piece at a time. */
  private final class Cursor {
    private final ByteBuffer piece = ByteBuffer.allocate(PIECE).order(ByteOrder.nativeOrder());
    private long pieceEnd;

    Cursor(int at) {
      pieceEnd = at;
      piece.limit(0);
    }

    int at() {
      return (int) pieceEnd - piece.remaining();
    }

    int u16() throws IOException {
      need(2);
      return Short.toUnsignedInt(piece.getShort());
    }

    int i32() throws IOException {
      need(4);
      return piece.getInt();
    }

    void skip(int bytes) {
      if (bytes <= piece.remaining()) {
        piece.position(piece.position() + bytes);
      } else {
        pieceEnd += bytes - piece.remaining();
        piece.limit(0);
      }
    }

    private void need(int bytes) throws IOException {
      while (piece.remaining() < bytes) {
        piece.compact();
        int n = file.read(piece, pieceEnd);
        piece.flip();
        if (n <= 0) {
          throw new EOFException("truncated");
        }
        pieceEnd += n;
      }
    }
  }
}
