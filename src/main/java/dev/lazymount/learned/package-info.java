/**
 * What one host has learned, as text that other hosts can use.
 *
 * <ul>
 *   <li>{@link dev.lazymount.learned.Learned} is the text: the warm list, and the lists of used
 *       files.
 *   <li>{@link dev.lazymount.learned.Inputs} reads such texts from files and URLs.
 *   <li>{@link dev.lazymount.learned.Merge} makes one of many: the seed of a fleet.
 * </ul>
 */
package dev.lazymount.learned;
