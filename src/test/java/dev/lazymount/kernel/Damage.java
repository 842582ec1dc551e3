package dev.lazymount.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Derives damaged images from a good one: each field of the superblock changed, the file truncated
 * at each table, blocks zeroed, random bytes changed. The same seed gives the same images.
 */
public final class Damage {
  /** One damaged image. */
  public static final class Image {
    private final String how;
    private final byte[] bytes;

    private Image(String how, byte[] bytes) {
      this.how = how;
      this.bytes = bytes;
    }

    /** The kind of damage. */
    public String how() {
      return how;
    }

    /** The content. */
    public byte[] bytes() {
      return bytes.clone();
    }
  }

  /** A field of a superblock; {@code at} and {@code size} in bytes. */
  private record Field(String name, int at, int size) {}

  /** struct squashfs_super_block (fs/squashfs/squashfs_fs.h). */
  private static final List<Field> SQUASHFS =
      List.of(
          new Field("s_magic", 0, 4),
          new Field("inodes", 4, 4),
          new Field("mkfs_time", 8, 4),
          new Field("block_size", 12, 4),
          new Field("fragments", 16, 4),
          new Field("compression", 20, 2),
          new Field("block_log", 22, 2),
          new Field("flags", 24, 2),
          new Field("no_ids", 26, 2),
          new Field("s_major", 28, 2),
          new Field("s_minor", 30, 2),
          new Field("root_inode", 32, 8),
          new Field("bytes_used", 40, 8),
          new Field("id_table_start", 48, 8),
          new Field("xattr_id_table_start", 56, 8),
          new Field("inode_table_start", 64, 8),
          new Field("directory_table_start", 72, 8),
          new Field("fragment_table_start", 80, 8),
          new Field("lookup_table_start", 88, 8));

  /** The first of the fields with the start of a table. */
  private static final int FIRST_TABLE = 48;

  private static final int SQUASHFS_SIZE = 96;
  private static final int BYTES_USED = 40;

  /** struct erofs_super_block (fs/erofs/erofs_fs.h), which begins at byte 1024. */
  private static final List<Field> EROFS =
      List.of(
          new Field("magic", 1024, 4),
          new Field("checksum", 1028, 4),
          new Field("feature_compat", 1032, 4),
          new Field("blkszbits", 1036, 1),
          new Field("sb_extslots", 1037, 1),
          new Field("root_nid", 1038, 2),
          new Field("inos", 1040, 8),
          new Field("build_time", 1048, 8),
          new Field("blocks", 1060, 4),
          new Field("meta_blkaddr", 1064, 4),
          new Field("xattr_blkaddr", 1068, 4),
          new Field("uuid", 1072, 8),
          new Field("feature_incompat", 1104, 4),
          new Field("compression", 1108, 2),
          new Field("extra_devices", 1110, 2),
          new Field("devt_slotoff", 1112, 2),
          new Field("dirblkbits", 1114, 1),
          new Field("xattr_prefix_count", 1115, 1),
          new Field("xattr_prefix_start", 1116, 4),
          new Field("packed_nid", 1120, 8));

  private static final int EROFS_SUPERBLOCK = 1024;
  private static final int EROFS_FEATURES = 1032;
  private static final int EROFS_BLOCK = 4096;

  private final byte[] good;
  private final Random random;
  private final List<Image> images = new ArrayList<>();

  private Damage(byte[] good, long seed) {
    this.good = good;
    this.random = new Random(seed);
  }

  /**
   * Damages a squashfs image.
   *
   * @param many the number of images; at least the systematic ones are returned
   */
  public static List<Image> ofSquashfs(byte[] good, long seed, int many) {
    Damage damage = new Damage(good, seed);
    damage.fields(SQUASHFS);
    for (Field table : SQUASHFS.stream().filter(f -> f.at() >= FIRST_TABLE).toList()) {
      long start = get(good, table);
      if (start > 0 && start < good.length) {
        damage.truncateAt(table.name(), (int) start);
      }
    }
    damage.truncateAt("data", SQUASHFS_SIZE);
    damage.truncateAt("end", (int) Math.min(good.length, get(good, SQUASHFS.get(12))));
    damage.zeroes(512);
    return damage.random(many);
  }

  /**
   * Damages an erofs image. Half of the images say in their superblock that they have no checksum;
   * else the kernel's check of the checksum would be all that is tested.
   */
  public static List<Image> ofErofs(byte[] good, long seed, int many) {
    Damage damage = new Damage(good, seed);
    damage.fields(EROFS);
    for (int at = 0; at < good.length; at += EROFS_BLOCK) {
      damage.add("truncated at " + at, Arrays.copyOf(good, at));
    }
    damage.add("truncated in the superblock", Arrays.copyOf(good, EROFS_SUPERBLOCK + 64));
    damage.zeroes(512);
    byte[] unchecked = good.clone();
    unchecked[EROFS_FEATURES] &= ~1;
    Damage deeper = new Damage(unchecked, seed + 1);
    deeper.fields(EROFS);
    deeper.zeroes(512);
    damage.images.addAll(deeper.images);
    deeper.images.clear();
    damage.images.addAll(deeper.random(Math.max(0, many - damage.images.size())));
    return damage.images;
  }

  private void fields(List<Field> fields) {
    for (Field field : fields) {
      long was = get(good, field);
      long ones = field.size() == 8 ? -1L : (1L << (8 * field.size())) - 1;
      long high = 1L << (8 * field.size() - 1);
      for (long now : new long[] {0, ones, was + 1, was - 1, was ^ high, random.nextLong()}) {
        byte[] bytes = good.clone();
        put(bytes, field, now);
        add(field.name() + " is " + Long.toHexString(now & ones), bytes);
      }
    }
  }

  /** Truncates around a table; and again with a matching size in the superblock. */
  private void truncateAt(String table, int place) {
    for (int at : new int[] {place - 1, place, place + 1, place + 9}) {
      byte[] bytes = Arrays.copyOf(good, Math.min(Math.max(0, at), good.length - 1));
      add("truncated at " + table + " " + (at - place), bytes);
      if (bytes.length >= SQUASHFS_SIZE) {
        byte[] consistent = bytes.clone();
        ByteBuffer.wrap(consistent)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(BYTES_USED, bytes.length);
        add("truncated at " + table + " " + (at - place) + ", with that size", consistent);
      }
    }
  }

  private void zeroes(int block) {
    for (int at = 0; at < good.length; at += block) {
      byte[] bytes = good.clone();
      Arrays.fill(bytes, at, Math.min(at + block, bytes.length), (byte) 0);
      add("zeroes from " + at + " to " + (at + block), bytes);
    }
  }

  private List<Image> random(int many) {
    while (images.size() < many) {
      byte[] bytes = good.clone();
      int changes = 1 + random.nextInt(32);
      // Most of an image is data, but most errors are in its tables at the end: half of the images.
      boolean atTheEnd = random.nextBoolean();
      int from = atTheEnd ? Math.max(0, bytes.length - 2048) : 0;
      for (int i = 0; i < changes; i++) {
        bytes[from + random.nextInt(bytes.length - from)] = (byte) random.nextInt();
      }
      add(changes + " random bytes from " + from + " on", bytes);
    }
    return images;
  }

  private void add(String how, byte[] bytes) {
    if (!Arrays.equals(bytes, good)) {
      images.add(new Image(how, bytes));
    }
  }

  private static long get(byte[] bytes, Field field) {
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return switch (field.size()) {
      case 1 -> Byte.toUnsignedLong(b.get(field.at()));
      case 2 -> Short.toUnsignedLong(b.getShort(field.at()));
      case 4 -> Integer.toUnsignedLong(b.getInt(field.at()));
      default -> b.getLong(field.at());
    };
  }

  private static void put(byte[] bytes, Field field, long value) {
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    switch (field.size()) {
      case 1 -> b.put(field.at(), (byte) value);
      case 2 -> b.putShort(field.at(), (short) value);
      case 4 -> b.putInt(field.at(), (int) value);
      default -> b.putLong(field.at(), value);
    }
  }
}
