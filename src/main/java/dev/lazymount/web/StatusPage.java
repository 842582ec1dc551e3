package dev.lazymount.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The status page: one file, whose style and script stand in it and are named by their hashes in
 * its Content-Security-Policy, so that no other ones run. Nothing of what the daemon knows is in
 * it; its script asks for that, and sets it as text.
 */
final class StatusPage {
  private final byte[] html;
  private final String policy;

  /**
   * Puts the page together.
   *
   * @param explain whether it can be asked why something is or is not mounted
   */
  StatusPage(boolean explain) {
    String style = read("page.css");
    String script = read("page.js");
    this.html =
        read("page.html")
            .replace("@STYLE@", style)
            .replace("@SCRIPT@", script)
            .replace("@EXPLAIN@", Boolean.toString(explain))
            .getBytes(StandardCharsets.UTF_8);
    this.policy =
        HttpResponse.NOTHING
            + "; connect-src 'self'; img-src data:; require-trusted-types-for 'script'; style-src "
            + hash(style)
            + "; script-src "
            + hash(script);
  }

  /** Its media type. */
  String type() {
    return "text/html; charset=utf-8";
  }

  /** The page. */
  byte[] html() {
    return html;
  }

  /** Its Content-Security-Policy. */
  String policy() {
    return policy;
  }

  private static String hash(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(text.getBytes(StandardCharsets.UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  private static String read(String name) {
    try (InputStream file = StatusPage.class.getResourceAsStream(name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
