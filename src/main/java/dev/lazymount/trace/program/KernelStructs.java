package dev.lazymount.trace.program;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * The few members of kernel structs that the resolved and hooked programs read, as C structs
 * without any other member, and the function of the hooked one. bpftrace could read the structs
 * from the kernel's type information itself, but then it compiles all of the kernel's types at
 * every start, which takes 0.3 to 1 s with 0.17.
 */
final class KernelStructs {
  /** A member of our struct: its place in the kernel's structs, and its type there. */
  private record Field(String struct, String name, String type, int size, List<Btf.Member> at) {}

  private static final int POINTER = 8;

  private static final List<Field> FIELDS =
      List.of(
          field("super", "device", "unsigned int", at("super_block", "s_dev")),
          field("super", "magic", "unsigned long", at("super_block", "s_magic")),
          field("inode", "number", "unsigned long", at("inode", "i_ino")),
          field("inode", "mode", "unsigned short", at("inode", "i_mode")),
          field("inode", "super", "struct lm_super *", at("inode", "i_sb")),
          field("entry", "parent", "struct lm_entry *", at("dentry", "d_parent")),
          field("entry", "hash", "unsigned long", at("dentry", "d_name"), at("qstr", "hash_len")),
          field("entry", "name", "char *", at("dentry", "d_name"), at("qstr", "name")),
          field("entry", "inode", "struct lm_inode *", at("dentry", "d_inode")),
          field("entry", "super", "struct lm_super *", at("dentry", "d_sb")),
          field("file", "mode", "unsigned int", at("file", "f_mode")),
          field("file", "flags", "unsigned int", at("file", "f_flags")),
          field("file", "inode", "struct lm_inode *", at("file", "f_inode")),
          field("file", "entry", "struct lm_entry *", at("file", "f_path"), at("path", "dentry")),
          field("table", "files", "struct lm_file **", at("fdtable", "fd")),
          field("open", "table", "struct lm_table *", at("files_struct", "fdt")),
          field("mm", "program", "struct lm_file *", at("mm_struct", "exe_file")),
          field("task", "open", "struct lm_open *", at("task_struct", "files")),
          field(
              "task",
              "ran",
              "unsigned long",
              at("task_struct", "se"),
              at("sched_entity", "exec_start")),
          field("task", "mm", "struct lm_mm *", at("task_struct", "mm")));

  /** What is known of the running kernel. */
  private record Known(String definitions, OptionalInt function) {}

  private static Optional<Known> known = Optional.empty();

  private KernelStructs() {}

  /**
   * Their definitions, read once.
   *
   * @throws TraceFailure if the kernel has no type information, or it lacks a member
   */
  static String definitions() {
    return known().definitions();
  }

  /**
   * The number of the function {@link HookedProgram#FUNCTION}, as bpf(2) wants it; read once.
   *
   * @return empty if the kernel does not have it
   * @throws TraceFailure as {@link #definitions()}
   */
  static OptionalInt function() {
    return known().function();
  }

  private static synchronized Known known() {
    if (known.isEmpty()) {
      try {
        List<Btf.Member> members = FIELDS.stream().flatMap(f -> f.at().stream()).toList();
        String function = HookedProgram.FUNCTION;
        Btf.Found found = Btf.read(Btf.KERNEL, members, Set.of(function));
        Integer number = found.functions().get(function);
        known =
            Optional.of(
                new Known(
                    definitions(found.offsets()),
                    number == null ? OptionalInt.empty() : OptionalInt.of(number)));
      } catch (IOException e) {
        throw new TraceFailure("can't read the kernel's type information: " + e.getMessage());
      }
    }
    return known.get();
  }

  /** The definitions for members at these offsets. */
  static String definitions(Map<Btf.Member, Integer> offsets) {
    StringBuilder text = new StringBuilder();
    FIELDS.stream().map(Field::struct).distinct().forEach(struct -> define(struct, offsets, text));
    return text.toString();
  }

  private static void define(String struct, Map<Btf.Member, Integer> offsets, StringBuilder text) {
    TreeMap<Integer, Field> fields = new TreeMap<>();
    for (Field field : FIELDS) {
      if (field.struct().equals(struct)) {
        fields.put(field.at().stream().mapToInt(offsets::get).sum(), field);
      }
    }
    text.append("struct lm_").append(struct).append(" {");
    int end = 0;
    for (Map.Entry<Integer, Field> entry : fields.entrySet()) {
      if (entry.getKey() > end) {
        text.append(" char gap").append(end).append('[').append(entry.getKey() - end).append("];");
      }
      Field field = entry.getValue();
      text.append(' ').append(field.type()).append(' ').append(field.name()).append(';');
      end = entry.getKey() + field.size();
    }
    text.append(" };\n");
  }

  private static Btf.Member at(String struct, String name) {
    return new Btf.Member(struct, name);
  }

  private static Field field(String struct, String name, String type, Btf.Member... at) {
    int size =
        switch (type) {
          case "unsigned short" -> Short.BYTES;
          case "unsigned int" -> Integer.BYTES;
          default -> POINTER;
        };
    return new Field(struct, name, type, size, List.of(at));
  }
}
