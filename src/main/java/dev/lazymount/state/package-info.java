/**
 * What the daemon knows of itself, kept where anybody may read it without waiting.
 *
 * <p>A tour: the actors write {@link dev.lazymount.state.MountBoard} (one line an image in use),
 * {@link dev.lazymount.state.Counters} (with {@link dev.lazymount.state.Histogram}s) and {@link
 * dev.lazymount.state.TraceStatus}; the control socket and the metrics read them. Reading takes no
 * lock and asks no actor, so that a status is answered also while the image storage hangs or every
 * mailbox is full. {@link dev.lazymount.state.LingeringImage} is what is unmounted and still held.
 * {@link dev.lazymount.state.Access} is the word that trace, route and mount share: a process
 * opened a file. {@link dev.lazymount.state.Durations} spells times for people.
 */
package dev.lazymount.state;
