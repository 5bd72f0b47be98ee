import { readlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Follows symbolic links to the file that they lead to, whether it exists or not.
 * Stops at `/dev/stdout` and its like: what they lead to is not ours to rotate.
 */
export function linkTarget(path: string): string {
  let target = path
  // As many links as Linux follows before it says that they form a loop.
  for (let followed = 0; followed < 40 && !isDescriptor(target); followed += 1) {
    try {
      target = resolve(dirname(target), readlinkSync(target))
    } catch {
      break
    }
  }
  return target
}

/** Whether a path is a name of an open descriptor and not of a file. */
export function isDescriptor(path: string): boolean {
  return /^\/(?:dev\/(?:std|fd\/)|proc\/)/.test(path)
}
