package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateDirectoryTest {
  @TempDir private Path temp;

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void onlyTheLastDirectoryIsPrivate() throws IOException {
    PrivateDirectory.create(temp.resolve("run/lock/lazymount"));
    assertEquals("rwxr-xr-x", mode(temp.resolve("run")));
    assertEquals("rwxr-xr-x", mode(temp.resolve("run/lock")));
    assertEquals("rwx------", mode(temp.resolve("run/lock/lazymount")));
  }

  @Test
  void existingParentKeepsItsMode() throws IOException {
    Path parent = Files.createDirectory(temp.resolve("parent"));
    Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxrwxrwx"));
    PrivateDirectory.create(parent.resolve("lazymount"));
    assertEquals("rwxrwxrwx", mode(parent));
  }

  @Test
  void existingDirectoryIsAccepted() throws IOException {
    PrivateDirectory.create(temp.resolve("lazymount"));
    PrivateDirectory.create(temp.resolve("lazymount"));
    assertEquals("rwx------", mode(temp.resolve("lazymount")));
  }

  @Test
  void symlinkIsRefused() throws IOException {
    Path link = Files.createSymbolicLink(temp.resolve("link"), temp);
    IOException e = assertThrows(IOException.class, () -> PrivateDirectory.make(link));
    assertTrue(e.getMessage().contains(link + " is not a directory owned by root"), e.getMessage());
  }
}
