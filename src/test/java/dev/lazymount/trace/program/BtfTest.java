package dev.lazymount.trace.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On descriptions made here, after Documentation/bpf/btf.rst. */
final class BtfTest {
  private static final int INT = 1;
  private static final int FUNCTION = 12;
  private static final int STRUCT = 4;
  private static final int UNION = 5;
  private static final int TYPEDEF = 8;

  /** In the upper bit of a type's second word: offsets share their word with bit field sizes. */
  private static final int BIT_FIELDS = 1 << 31;

  @TempDir private Path temp;

  private final ByteArrayOutputStream types = new ByteArrayOutputStream();
  private final ByteArrayOutputStream strings = new ByteArrayOutputStream();

  BtfTest() {
    strings.write(0);
  }

  @Test
  void memberIsFoundByStructAndName() throws IOException {
    type("int", INT, 0, 4, 32);
    type("other", STRUCT, 1, 8, name("number"), 1, 0);
    type("inode", STRUCT, 2, 16, name("super"), 1, 0, name("number"), 1, 64);
    assertOffset(8, "inode", "number");
    assertOffset(0, "other", "number");
  }

  @Test
  void bitFieldSizeIsNoPartOfAnOffset() throws IOException {
    type("int", INT, 0, 4, 32);
    type("inode", STRUCT | BIT_FIELDS, 1, 16, name("number"), 1, (3 << 24) | 96);
    assertOffset(12, "inode", "number");
  }

  @Test
  void memberOfAnAnonymousStructIsFound() throws IOException {
    type("", UNION, 2, 16, name("hash"), 3, 0, 0, 4, 0);
    type("qstr", STRUCT, 2, 32, 0, 1, 64, name("end"), 3, 192);
    type("int", INT, 0, 4, 32);
    type("", STRUCT, 2, 16, name("length"), 3, 0, name("deep"), 3, 32);
    assertOffset(8, "qstr", "hash");
    assertOffset(12, "qstr", "deep");
    assertOffset(24, "qstr", "end");
  }

  @Test
  void onlyStructsCount() throws IOException {
    type("inode", TYPEDEF, 0, 2);
    type("inode", STRUCT, 1, 16, name("number"), 1, 32);
    assertOffset(4, "inode", "number");
  }

  @Test
  void functionIsNumberedByItsPlace() throws IOException {
    type("int", INT, 0, 4, 32);
    type("inode", STRUCT, 1, 16, name("number"), 1, 0);
    type("security_file_open", FUNCTION, 0, 2);
    Path file = temp.resolve("btf");
    Files.write(file, description());
    assertEquals(
        Map.of("security_file_open", 3),
        Btf.read(file, members("inode", "number"), Set.of("security_file_open", "no_such_function"))
            .functions());
  }

  @Test
  void missingMemberIsNamed() {
    type("inode", STRUCT, 1, 16, name("super"), 1, 0);
    assertTrue(failure("inode", "number").contains("no member number of struct inode"));
    assertTrue(failure("dentry", "super").contains("no member super of struct dentry"));
  }

  @Test
  void unknownKindOfTypeIsRefused() {
    type("inode", 31, 0, 0);
    assertTrue(failure("inode", "number").contains("unknown kind of type: 31"));
  }

  @Test
  void garbageIsRefused() throws IOException {
    Path file = temp.resolve("garbage");
    for (int length : new int[] {0, 1, 23, 24, 4096}) {
      Files.write(file, new byte[length]);
      assertThrows(IOException.class, () -> Btf.read(file, members("inode", "number"), Set.of()));
    }
    type("inode", STRUCT, 1, 16, name("number"), 1, 0);
    byte[] whole = description();
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThrows(IOException.class, () -> Btf.read(file, members("inode", "number"), Set.of()));
    }
  }

  @Test
  void moreThanOnePieceIsRead() throws IOException {
    type("int", INT, 0, 4, 32);
    for (int i = 0; i < 20_000; i++) {
      type("filler" + i, STRUCT, 1, 8, name("part" + i), 1, 0);
    }
    type("inode", STRUCT, 1, 16, name("number"), 1, 320);
    assertOffset(40, "inode", "number");
  }

  /** {@code kind} may carry {@link #BIT_FIELDS}; {@code after} is what follows the type. */
  private void type(String name, int kind, int count, int size, int... after) {
    int info = ((kind & 31) << 24) | count | (kind & BIT_FIELDS);
    write(types, name.isEmpty() ? 0 : name(name), info, size);
    write(types, after);
  }

  private int name(String name) {
    int at = strings.size();
    strings.writeBytes(name.getBytes(StandardCharsets.UTF_8));
    strings.write(0);
    return at;
  }

  private static void write(ByteArrayOutputStream to, int... words) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * words.length).order(ByteOrder.nativeOrder());
    for (int word : words) {
      bytes.putInt(word);
    }
    to.writeBytes(bytes.array());
  }

  private byte[] description() {
    ByteBuffer header = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
    header.putShort((short) 0xEB9F).put((byte) 1).put((byte) 0).putInt(24);
    header.putInt(0).putInt(types.size()).putInt(types.size()).putInt(strings.size());
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(header.array());
    all.writeBytes(types.toByteArray());
    all.writeBytes(strings.toByteArray());
    return all.toByteArray();
  }

  private static List<Btf.Member> members(String struct, String name) {
    return List.of(new Btf.Member(struct, name));
  }

  private Map<Btf.Member, Integer> offsets(String struct, String name) throws IOException {
    Path file = temp.resolve("btf");
    Files.write(file, description());
    return Btf.read(file, members(struct, name), Set.of()).offsets();
  }

  private void assertOffset(int expected, String struct, String name) throws IOException {
    assertEquals(Map.of(new Btf.Member(struct, name), expected), offsets(struct, name));
  }

  private String failure(String struct, String name) {
    return assertThrows(IOException.class, () -> offsets(struct, name)).getMessage();
  }
}
