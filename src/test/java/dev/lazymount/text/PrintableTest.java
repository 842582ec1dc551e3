package dev.lazymount.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class PrintableTest {
  @Test
  void textOfAllScriptsStays() {
    assertEquals("/opt/kömpiler 中 \uD83D\uDE00", Printable.of("/opt/kömpiler 中 \uD83D\uDE00"));
  }

  @Test
  void controlCharactersAreReplaced() {
    assertEquals("a?b?c?[31m?d", Printable.of("a\nb\tc\u001b[31m\u0000d"));
    assertEquals("??", Printable.of("\u007f\u0085"));
  }

  @Test
  void whatReordersOrBreaksALineIsReplaced() {
    assertEquals("a?b?c?", Printable.of("a\u202eb\u2028c\ufeff"));
  }

  @Test
  void halfOfASurrogatePairIsReplaced() {
    assertEquals("a?b", Printable.of("a\uD83Db"));
  }

  @Test
  void longTextIsCutOffBetweenCharacters() {
    assertEquals("abc", Printable.shortened("abc", 3));
    assertEquals("ab?...", Printable.shortened("ab\ncd", 3));
    assertEquals("ab...", Printable.shortened("ab\uD83D\uDE00", 3));
  }
}
