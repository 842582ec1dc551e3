/**
 * Names that an operator keeps unmounted, for the commands {@code hold} and {@code release}.
 *
 * <ul>
 *   <li>{@link HoldFile}: the names on hold, kept across restarts in {@code state-dir/holds}
 *   <li>{@link HoldCommands}: puts names on hold and releases them, with or without a daemon
 *   <li>{@link MountUsers}: which processes use a mounted image
 * </ul>
 */
package dev.lazymount.hold;
