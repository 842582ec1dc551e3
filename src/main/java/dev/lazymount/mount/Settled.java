package dev.lazymount.mount;

import dev.lazymount.state.MountState;

/**
 * The answer to somebody who asked for a mount or for its end.
 *
 * @param name the image
 * @param state its state now
 * @param reason why it is not as asked for; null if it is
 */
public record Settled(String name, MountState state, String reason) {}
