package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageFileTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"gcc-15", "arm64/gcc-8.2.0", "libs/boost/1_84_0", ".x", "...", "a b", "ünï", "-x"})
  void goodNames(String name) {
    assertEquals(Optional.empty(), ImageFile.refusal(name));
    assertEquals(name, new ImageFile(name, name + ".img").name());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "/",
        "/gcc",
        "gcc/",
        "a//b",
        "a/./b",
        "a/../b",
        "../a",
        "a/..",
        "a\nb",
        "a\u001b[31m",
        "a\0b",
        "a\u007f",
        "a\u0085b"
      })
  void dangerousNames(String name) {
    assertTrue(ImageFile.refusal(name).isPresent());
    assertThrows(IllegalArgumentException.class, () -> new ImageFile(name, name + ".img"));
  }

  @Test
  void longNames() {
    assertTrue(ImageFile.refusal("x".repeat(200)).isEmpty());
    assertFalse(ImageFile.refusal("x".repeat(201)).isEmpty());
    // Two bytes each in UTF-8: 127 fit into one component, 128 do not.
    assertTrue(ImageFile.refusal("é".repeat(127)).isEmpty());
    assertFalse(ImageFile.refusal("é".repeat(128)).isEmpty());
    assertTrue(ImageFile.refusal("é".repeat(99) + "/" + "é".repeat(100)).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"a,a", "a,b.img", "a,a/b.img", "a,a/../../b.img", "a,/a.img", "a/b,b.img"})
  void theFileIsTheNameAndASuffix(String name, String file) {
    assertThrows(IllegalArgumentException.class, () -> new ImageFile(name, file));
  }

  @Test
  void aSuffixHasNoControlCharacter() {
    assertThrows(IllegalArgumentException.class, () -> new ImageFile("a", "a.img\n"));
  }
}
