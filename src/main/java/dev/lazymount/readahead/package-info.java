/**
 * Reads the files of a mounted image before a compiler needs them.
 *
 * <ul>
 *   <li>{@link dev.lazymount.readahead.ReadAhead} is the one thread that does all of it: it reads
 *       when an image was mounted, and learns when there is nothing to read.
 *   <li>{@link dev.lazymount.readahead.Learner} decides when the used files of an image are listed.
 *   <li>{@link dev.lazymount.readahead.UsedFiles} finds them: those in the page cache.
 *   <li>{@link dev.lazymount.readahead.FileList} is such a list, and its text.
 *   <li>{@link dev.lazymount.readahead.FileListStore} keeps the lists in the state directory.
 *   <li>{@link dev.lazymount.readahead.Reading} reads the files of one list, block by block.
 *   <li>{@link dev.lazymount.readahead.MountedTree} opens an image without keeping it mounted.
 *   <li>{@link dev.lazymount.readahead.MemoryState} is why reading stops.
 * </ul>
 */
package dev.lazymount.readahead;
