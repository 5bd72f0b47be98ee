/** What tells a file from all others, whatever names it has: a part of what `stat` says. */
export interface FileIdentity {
  readonly dev: number
  readonly ino: number
}

/** Whether two results of `stat` are of one file. */
export function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.ino === other.ino && one.dev === other.dev
}
