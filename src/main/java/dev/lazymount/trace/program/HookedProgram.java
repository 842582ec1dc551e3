package dev.lazymount.trace.program;

import dev.lazymount.status.ProgramName;

/**
 * The hooked program: runs at a kernel function that every open passes. Costs other system calls
 * nothing, and sees io_uring, 32-bit programs and loaders. Its blind spots are listed in {@code
 * hooked.bt}.
 */
public final class HookedProgram implements TraceProgram.Factory {
  /** The kernel function. */
  static final String FUNCTION = "security_file_open";

  /**
   * Kinds of use that are distinguished when one is reported: FMODE_EXEC, S_IFDIR; letters x and d.
   */
  private static final String KIND =
      Walk.USE_OR_WRITE
          + " if ($write == 0) { if ((%s & 0x20) != 0) { $kind = 120; }"
          + " else if ((%s & 0xf000) == 0x4000) { $kind = 100; } }";

  /** How the program is attached to the function. */
  public enum Probe {
    /** The cheapest; needs CONFIG_FUNCTION_TRACER, and a kernel that does not preempt it. */
    FENTRY("kfunc", "", "args->file->f_inode", "i_sb->s_dev", "i_mode", "i_sb->s_magic") {
      @Override
      String member(String name) {
        return "args->file->f_" + name;
      }

      @Override
      String identity() {
        return "$unique = args->file->f_inode->i_ino"
            + " + ((struct lm_entry *)args->file->f_path.dentry)->hash;";
      }

      @Override
      String entry() {
        return "$entry = ((struct lm_file *)args->file)->entry;";
      }
    },
    /** Costs about four times as much per open; needs CONFIG_KPROBE_EVENTS. */
    KPROBE(
        "kprobe",
        "$file = (struct lm_file *)arg0;",
        "$file->inode",
        "super->device",
        "mode",
        "super->magic") {
      @Override
      String member(String name) {
        return "$file->" + name;
      }

      @Override
      String identity() {
        return "$entry = $file->entry; " + Walk.IDENTITY_OF_ENTRY;
      }

      @Override
      String entry() {
        return "";
      }
    };

    private final String word;
    private final String file;
    private final String inode;
    private final String device;
    private final String type;
    private final String magic;

    Probe(String word, String file, String inode, String device, String type, String magic) {
      this.word = word;
      this.file = file;
      this.inode = inode;
      this.device = device;
      this.type = type;
      this.magic = magic;
    }

    /** The opened file's member of this name. */
    abstract String member(String name);

    /** As {@link Walk.OpenedFile#identity}. */
    abstract String identity();

    /** As {@link Walk.OpenedFile#entry}. */
    abstract String entry();

    private Template fill(Template template) {
      return template
          .put("PROBE", word)
          .put("FILE", file)
          .put("DEVICE_OF_FILE", inode + "->" + device);
    }

    private Walk.OpenedFile opened() {
      String mode = inode + "->" + type;
      return new Walk.OpenedFile(
          identity(),
          entry(),
          member("mode"),
          mode,
          inode + "->" + magic,
          String.format(KIND, member("flags"), mode));
    }
  }

  private final Probe probe;
  private final Walk walk;
  private final HookSupport support;

  /**
   * The hooked program for a root.
   *
   * @param probe how it is attached
   * @param walk from a file up to the root
   * @param support what this kernel permits
   */
  HookedProgram(Probe probe, Walk walk, HookSupport support) {
    this.probe = probe;
    this.walk = walk;
    this.support = support;
  }

  @Override
  public TraceProgram next() {
    support
        .whyNot(probe)
        .ifPresent(
            why -> {
              throw new TraceFailure.Unsuitable(why);
            });
    Template template = Template.of("hooked.bt").append("walk.bt");
    String text = template.cut("WALK").stripTrailing();
    template.put("WALK", text.replace("@CALL@", "open"));
    return walk.complete(ProgramName.HOOKED, probe.fill(template), probe.opened());
  }
}
