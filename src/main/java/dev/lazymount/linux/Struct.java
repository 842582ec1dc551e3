package dev.lazymount.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A byte array as a C struct, in native byte order. */
final class Struct {
  private Struct() {}

  static ByteBuffer of(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }
}
