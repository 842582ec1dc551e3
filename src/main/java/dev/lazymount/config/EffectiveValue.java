package dev.lazymount.config;

/**
 * The value of one setting and where it was set. Immutable.
 *
 * @param key the full key, such as {@code lazymount.trace.window}
 * @param value the value in HOCON, on one line
 * @param origin where it was set: {@code FILE:LINE}, {@code reference.conf:LINE} for a default, or
 *     {@code --set}
 */
public record EffectiveValue(String key, String value, String origin) {}
