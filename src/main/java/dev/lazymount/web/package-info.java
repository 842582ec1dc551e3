/**
 * What a browser and Prometheus see of the daemon: read only, over HTTP, on a loopback address by
 * default. Off by default; no class of this package is loaded then.
 *
 * <ul>
 *   <li>{@link WebService}: starts the server once the daemon is ready, and retries if the port is
 *       in use
 *   <li>{@link WebServer}: the JDK's server with its bounds
 *   <li>{@link RequestFilter}: methods, host check, security headers
 *   <li>{@link Resources}: which path gets which {@link Reply}
 *   <li>{@link Metrics}: {@code /metrics}; {@link StatusPage}: {@code /}
 * </ul>
 *
 * <p>Why the JDK's server: Akka HTTP (10.5, Apache-2.0 since 2026-02-21) costs 29 MiB resident, the
 * JDK's server 5 MiB, measured on an idle actor system after 300 requests.
 */
package dev.lazymount.web;
