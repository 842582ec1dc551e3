/**
 * Text for people: durations, counts, printable names. A leaf.
 *
 * <ul>
 *   <li>{@link Humanize}: numbers and times
 *   <li>{@link EditDistance}: for "did you mean"
 *   <li>{@link Durations}: durations as settings spell them
 * </ul>
 */
package dev.lazymount.text;
