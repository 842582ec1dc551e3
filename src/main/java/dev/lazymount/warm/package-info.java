/**
 * Which compilers are used most, kept across reboots, so that the next start mounts those before
 * anybody asks.
 *
 * <p>A tour: the {@link dev.lazymount.warm.WarmActor} looks at intervals at what is in use, keeps
 * the list, and after READY has the first of it mounted; {@link dev.lazymount.warm.UsageTracker}
 * turns what is in use into names, {@link dev.lazymount.warm.WarmUp} says which image is next, and
 * when. {@link dev.lazymount.warm.WarmList} is the list: scores that fade. {@link
 * dev.lazymount.warm.WarmText} is how a person reads it, {@link dev.lazymount.warm.WarmStore} the
 * file, and {@link dev.lazymount.warm.WarmFiles} says what came of reading and writing it. {@link
 * dev.lazymount.warm.LoopIoStats} sees the use of what is mounted and silent.
 */
package dev.lazymount.warm;
