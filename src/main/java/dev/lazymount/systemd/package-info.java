/**
 * What systemd is sent: READY, STATUS, WATCHDOG, STOPPING.
 *
 * <ul>
 *   <li>{@link ServiceManager}: sends them; a process without NOTIFY_SOCKET sends nothing
 * </ul>
 */
package dev.lazymount.systemd;
