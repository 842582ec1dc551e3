/**
 * Many images mounted or unmounted at a person's word, through the daemon or without one.
 *
 * <p>A tour: a {@link dev.lazymount.batch.Selection} is what was asked for, and turns into layers
 * of names, so that outer images are mounted before what lies inside them. {@link
 * dev.lazymount.batch.Batch} works through these, so many at a time, and tells {@link
 * dev.lazymount.batch.Progress}. What it works with is one of two: {@link
 * dev.lazymount.batch.RouterBatch}, in the daemon, asks the Router; {@link
 * dev.lazymount.batch.DirectBatch} is for when no daemon runs, and calls the Mounter on threads of
 * its own, under the same lock files.
 */
package dev.lazymount.batch;
