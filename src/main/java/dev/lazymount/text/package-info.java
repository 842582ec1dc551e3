/**
 * Text for people. A leaf: uses nothing else of this project.
 *
 * <ul>
 *   <li>{@link Humanize}: durations and times
 *   <li>{@link Printable}: text from outside, safe for a terminal and a log
 *   <li>{@link EditDistance}: for "did you mean"
 * </ul>
 */
package dev.lazymount.text;
