/**
 * What systemd receives: the daemon's state over sd_notify(3), and its log on stderr.
 *
 * <ul>
 *   <li>{@link ServiceManager}: sends them; a process without NOTIFY_SOCKET sends nothing
 *   <li>{@link LogQueue}: keeps a journal that does not read from stopping an actor
 * </ul>
 */
package dev.lazymount.systemd;
