import type { FileIdentity } from './same-file.ts'

/**
 * Makes the changes in the log's directory that a rotation needs.
 *
 * A daemon that has shed its privileges may write its log but often not the
 * directory it is in; it gives its log a directory that asks a privileged helper.
 * All calls are synchronous and throw when they fail. All paths are absolute.
 */
export interface LogDirectory {
  /**
   * Makes an empty file that the daemon may append to.
   *
   * @param mode its mode; `undefined` means 0666 less the daemon's umask
   * @throws with code `EEXIST` if anything is there, and changes nothing
   */
  create(path: string, mode: number | undefined): void
  /**
   * Gives the file at `path` the name `to`, and puts an empty file, as by
   * {@link create}, in its place, with no moment at which `path` is missing.
   *
   * Several processes may ask for it at once: one does it, the others are told. If
   * the file has the name `to` already, because a rotation was cut short after
   * giving it, the rest is done.
   *
   * @param file the file that is meant; `path` may be another by now
   * @throws with code `EEXIST` if something else is at `to`, `ESTALE` if `path` is
   * another file, `EBUSY` if another process is at it; and changes nothing
   */
  rotate(path: string, to: string, mode: number | undefined, file: FileIdentity): void
  /** Removes a rotated file. Nothing happens if it isn't there. */
  remove(path: string): void
  /**
   * Copies the log to a file of the next number, and removes the oldest but for
   * `maxFiles`, 0 being all. Where there is this it is called in place of the others,
   * because the directory is outside the root and no new file there could be opened;
   * the log is truncated then.
   *
   * @param file the file that is meant; the one at the log's path may be another by now
   * @throws if that is so, or when it can't be copied whole
   */
  copy?(file: FileIdentity, maxFiles: number): void
}
