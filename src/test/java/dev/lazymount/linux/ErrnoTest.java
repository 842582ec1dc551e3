package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import org.junit.jupiter.api.Test;

final class ErrnoTest {
  static {
    Native.register(ErrnoTest.class, "c");
  }

  /** strerror(3) in English, whatever the locale; glibc 2.32. */
  private static native String strerrordesc_np(int errno);

  private static native String strerrorname_np(int errno);

  @Test
  void namesAndDescribes() {
    assertEquals("ENOENT", Errno.name(2));
    assertEquals("ENOENT (No such file or directory)", Errno.describe(2));
    assertEquals("errno 4095", Errno.name(4095));
    assertEquals("errno 4095", Errno.describe(4095));
    assertEquals("errno 0", Errno.describe(0));
  }

  @Test
  void namesAndTextsMatchTheCLibrary() {
    int known = 0;
    for (int errno = 1; errno < 200; errno++) {
      if (!Errno.name(errno).startsWith("errno ")) {
        assertEquals(strerrorname_np(errno), Errno.name(errno));
        assertEquals(
            strerrorname_np(errno) + " (" + strerrordesc_np(errno) + ")", Errno.describe(errno));
        known++;
      }
    }
    assertTrue(known > 40, "known: " + known);
  }

  @Test
  void everyConstantHasItsOwnName() throws IllegalAccessException {
    int constants = 0;
    for (Field field : Errno.class.getFields()) {
      if (Modifier.isStatic(field.getModifiers())) {
        assertEquals(field.getName(), Errno.name(field.getInt(null)));
        constants++;
      }
    }
    assertTrue(constants > 15, "constants: " + constants);
  }

  @Test
  void exceptionNamesTheCallAndTheErrno() {
    SyscallException failed = new SyscallException("openat images/gcc.img", Errno.ESTALE);
    assertEquals("openat images/gcc.img: ESTALE (Stale file handle)", failed.getMessage());
    assertEquals("openat images/gcc.img", failed.operation());
    assertEquals(116, failed.errno());
    assertTrue(failed.is(Errno.EIO, Errno.ESTALE));
    assertFalse(failed.is(Errno.EIO, Errno.ENOENT));
    assertFalse(failed.is());
  }
}
