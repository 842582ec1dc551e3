package dev.lazymount.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A byte array seen as a C struct: native byte order, nothing else. */
final class Struct {
  private Struct() {}

  static ByteBuffer of(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }
}
