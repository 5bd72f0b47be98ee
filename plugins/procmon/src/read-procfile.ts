import { readFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import { UsageError } from 'runnerd'
import type { Command } from './command.ts'

/**
 * Reads a Procfile: a line `name: command` for each process, which `/bin/sh` runs;
 * empty lines, and those that begin with `#`, say nothing.
 *
 * @throws UsageError naming the line that is wrong
 */
export function readProcfile(path: string): Command[] {
  const commands = new Map<string, Command>()
  for (const [at, text] of textOf(path).split(/\r?\n/).entries()) {
    const line = text.trim()
    if (line === '' || line.startsWith('#')) continue
    const refuse = (reason: string): UsageError =>
      new UsageError(`cannot use ${path}, line ${at + 1}: ${reason}`)
    const match = /^([A-Za-z0-9_-]+)\s*:\s*(\S.*)$/.exec(line)
    if (line.includes('\0')) throw refuse('there is a NUL in it')
    if (match === null) throw refuse("it is not of the form 'name: command'")
    const [, name = '', command = ''] = match
    if (commands.has(name)) throw refuse(`there is a ${name} already`)
    commands.set(name, { name, words: ['/bin/sh', '-c', command] })
  }
  if (commands.size === 0) throw new UsageError(`cannot use ${path}: there is no command in it`)
  return [...commands.values()]
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot use ${path}: ${whyUnreadable(error)}`, { cause: error })
  }
}

/** What the system says, without Node's code, call and path. */
function whyUnreadable(error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException
  const said = { ENOENT: 'no such file', EISDIR: 'it is a directory' }[code ?? '']
  if (said !== undefined || errno === undefined) return said ?? message
  return getSystemErrorMap().get(errno)?.[1] ?? message
}
