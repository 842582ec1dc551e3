/**
 * The images to mount right after a start: those used most, remembered across reboots.
 *
 * <ul>
 *   <li>{@link dev.lazymount.warm.WarmActor} records which compilers are used, saves the list, and
 *       mounts its first names once the daemon is ready.
 *   <li>{@link dev.lazymount.warm.WarmList} ranks the names: a use counts less as it gets older.
 *   <li>{@link dev.lazymount.warm.WarmListFile} reads and replaces {@code warm.list}, and reads a
 *       seed.
 *   <li>{@link dev.lazymount.warm.WarmEnv} is what the actor depends on.
 * </ul>
 */
package dev.lazymount.warm;
