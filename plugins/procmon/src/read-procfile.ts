import { readFileSync } from 'node:fs'
import type { Command } from './command.ts'
import { ProcfileError, unreadable } from './procfile-error.ts'

/**
 * Reads a Procfile: a line `name: command` for each process, which `/bin/sh` runs;
 * empty lines, and those that begin with `#`, say nothing.
 *
 * @throws ProcfileError naming the line that is wrong
 */
export function readProcfile(path: string): Command[] {
  const commands = new Map<string, Command>()
  for (const [at, text] of textOf(path).split(/\r?\n/).entries()) {
    const line = text.trim()
    if (line === '' || line.startsWith('#')) continue
    const refuse = (reason: string): ProcfileError =>
      new ProcfileError(`${path}, line ${at + 1}`, reason)
    const match = /^([A-Za-z0-9_-]+)\s*:\s*(\S.*)$/.exec(line)
    if (line.includes('\0')) throw refuse('there is a NUL in it')
    if (match === null) throw refuse("it is not of the form 'name: command'")
    const [, name = '', command = ''] = match
    if (commands.has(name)) throw refuse(`there is a ${name} already`)
    commands.set(name, { name, words: ['/bin/sh', '-c', command] })
  }
  if (commands.size === 0) throw new ProcfileError(path, 'there is no command in it')
  return [...commands.values()]
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(path, error)
  }
}
