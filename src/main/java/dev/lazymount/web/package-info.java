/**
 * What a browser and Prometheus see of the daemon: read only, over HTTP, on a loopback address
 * unless told otherwise. Off by default, and then none of it is loaded.
 *
 * <p>A tour: {@link dev.lazymount.web.WebService} waits until the daemon is ready, and keeps the
 * server running whatever becomes of its port. {@link dev.lazymount.web.HttpServer} is one thread
 * with a selector, {@link dev.lazymount.web.Connection} a client, {@link
 * dev.lazymount.web.HttpRequest} what it asks, as strictly read as can be, and {@link
 * dev.lazymount.web.HttpResponse} the answer with its headers. {@link dev.lazymount.web.Resources}
 * decides which answer: {@link dev.lazymount.web.Metrics}, the {@link dev.lazymount.web.StatusPage}
 * and what that asks for as JSON, of which {@link dev.lazymount.web.History} is the last hour.
 *
 * <p>Why a server of our own and not the JDK's: there a client that is slow to ask or to read holds
 * one of a few threads, its bounds are properties of the whole JVM of which older updates of 17
 * have not all, and there is no way to let a newcomer in by closing who has been idle for longest.
 * Any local user may connect, and a request that costs memory without a bound would end the daemon.
 * Here a connection is one request, of at most {@link dev.lazymount.web.HttpRequest#LONGEST} bytes
 * and without a body.
 */
package dev.lazymount.web;
