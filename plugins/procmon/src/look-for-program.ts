import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, sep } from 'node:path'

/** Where exec looks if there is no PATH. */
const USUAL = '/usr/bin:/bin'

/**
 * Looks whether a program could be started, as exec would find it: by its path, or in the
 * directories of PATH. What only starting it tells stays unknown.
 *
 * @throws the system's error if it isn't there, or this user may not run it
 *
 * @see execvp(3)
 */
export function lookForProgram(file: string): void {
  const directories = (process.env.PATH ?? USUAL).split(delimiter)
  const places = file.includes(sep) ? [file] : directories.map((each) => join(each, file))
  const refusals: unknown[] = []
  for (const place of places) {
    try {
      tryToRun(place)
      return
    } catch (error) {
      refusals.push(error)
    }
  }
  // One that may not be run says more than the directories where there is none.
  throw refusals.find(isDenied) ?? refusals.at(-1)
}

function isDenied(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EACCES'
}

function tryToRun(path: string): void {
  accessSync(path, constants.X_OK)
  if (statSync(path).isFile()) return
  throw Object.assign(new Error(`${path} is no file`), { code: 'EACCES' })
}
