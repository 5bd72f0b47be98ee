import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** What was opened since this was loaded: before what is watched by it. */
export const openedFiles: unknown[] = []

const { open } = fs
fs.open = ((path: unknown, ...rest: unknown[]) => {
  openedFiles.push(path)
  return (open as (...args: unknown[]) => void)(path, ...rest)
}) as typeof open
syncBuiltinESMExports()
