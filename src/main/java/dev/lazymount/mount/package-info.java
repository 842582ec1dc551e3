/**
 * One image in use, from its first access to its unmount. What happens in the kernel is in {@link
 * dev.lazymount.mount.kernel}.
 *
 * <ul>
 *   <li>{@link MountActor}: the actor of one image; decides what an access, a scan or a request
 *       leads to
 *   <li>{@link ImageState}: what it knows of the image
 *   <li>{@link MounterCall}: its one blocking call in progress, with time-out and lock retries;
 *       {@link StorageCircuit} notices that all mount threads are blocked
 *   <li>{@link Mounter}: the interface of these calls; {@link MountFailure} is how they fail
 *   <li>{@link Backoff}: the pause after a failure; {@link Hold}: a reason to keep it unmounted
 *   <li>{@link ImageStatus}: status row, log lines and counters of one image
 *   <li>{@link MountResult}: the reply to a request to mount or unmount
 *   <li>{@link MountEnv}: what all MountActors share; {@link MountTimes} can change by a reload
 * </ul>
 */
package dev.lazymount.mount;
