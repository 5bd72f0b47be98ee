import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ended } from './runner.ts'

/** All that is below a directory, with what would change if it were written to. */
export function below(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .sort()
    .filter((name) => !name.endsWith('dropin.cache')) // Any command that finds plugins keeps it.
    .map((name) => {
      const { mode, uid, ino, size, mtimeMs } = lstatSync(join(dir, name))
      // The cache is in a directory too, which changes with it.
      const content = name.endsWith('plugins') ? [] : [size, mtimeMs]
      return [name, mode, uid, ino, ...content].join(' ')
    })
}

/** What the operator is told, without what stands before it and where a daemon's log is. */
export function told({ stderr }: Ended): string[] {
  return stderr.split('\n').filter((line) => /^(runner|hint): (?!its log is )/.test(line))
}
