/**
 * From an access to the image it concerns.
 *
 * <p>A tour: {@link dev.lazymount.route.AccessPath} turns a path as somebody spelled it into the
 * components below the root; {@link dev.lazymount.route.ImageResolver} asks the newest {@link
 * dev.lazymount.catalog.Catalog} which images those concern, and the {@link
 * dev.lazymount.route.Router} tells the MountActor of each, outermost first; its {@link
 * dev.lazymount.route.MountActors} are those MountActors. In observe mode it tells {@link
 * dev.lazymount.route.DryRunStats} instead, which counts.
 */
package dev.lazymount.route;
