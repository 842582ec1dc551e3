package dev.lazymount.mount;

import dev.lazymount.state.DaemonStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * What all MountActors share.
 *
 * @param mounter does the work
 * @param executor where it is done; its size bounds concurrent mounts
 * @param status where each actor writes its line and what it counts
 * @param log one line for each mount and each failure
 * @param root the root, for people to read
 * @param images the image directory, for people to read
 * @param timeout after which an unfinished mount is called stuck
 * @param retry the first back-off after a failure
 * @param retryMax the longest back-off
 * @param idle how long a mount must be unused to be unmounted; empty for ever
 * @param circuit notices that all slots hang
 * @param nanoTime the clock, as System.nanoTime() is; a test has one of its own
 */
public record MountEnv(
    Mounter mounter,
    Executor executor,
    DaemonStatus status,
    Logger log,
    String root,
    String images,
    Duration timeout,
    Duration retry,
    Duration retryMax,
    Optional<Duration> idle,
    StorageCircuit circuit,
    LongSupplier nanoTime) {}
