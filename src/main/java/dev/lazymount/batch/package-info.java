/**
 * Mounting and unmounting many images at once, for the commands {@code mount} and {@code unmount}.
 *
 * <ul>
 *   <li>{@link Selection}: the names that an operator means, with parents and nested images
 *   <li>{@link Batch}: one run over them; {@link RouterBatch} asks the daemon's actors, {@link
 *       DirectBatch} works without a daemon, under the same lock files
 *   <li>{@link Progress}: progress of a run
 * </ul>
 */
package dev.lazymount.batch;
