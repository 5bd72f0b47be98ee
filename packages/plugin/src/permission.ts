import { accessSync, constants } from 'node:fs'

/** What is said of what is in this user's way; it may not be in that of another. */
export const FORBIDDEN = 'permission denied'

/** True for an error that says that this user may not. */
export function isPermission(error: unknown): boolean {
  const { code } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  return code === 'EACCES' || code === 'EPERM'
}

/** True for what this user may not read, if it is there: a directory is searched too. */
export function isForbidden(path: string, isDirectory = true): boolean {
  try {
    accessSync(path, isDirectory ? constants.R_OK | constants.X_OK : constants.R_OK)
    return false
  } catch (error) {
    return isPermission(error)
  }
}
