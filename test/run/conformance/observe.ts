import { readdirSync, statSync } from 'node:fs'
import type { Ended } from '../../helpers/runner.ts'
import type { Half } from './half.ts'

/** How a command ended, and what it said of it: without names, paths and pids. */
export interface Told {
  readonly status: number | NodeJS.Signals | null
  /** Where it said something. */
  readonly on: 'stdout' | 'stderr' | 'both' | 'neither'
  /** Its complaint; of a traceback the last line; else the first line. */
  readonly says: string
}

export function told(half: Half, { status, signal, stdout, stderr }: Ended): Told {
  const on =
    stdout && stderr ? 'both' : stdout ? 'stdout' : stderr ? 'stderr' : ('neither' as const)
  return { status: signal ?? status, on, says: sayings(half, stderr || stdout) }
}

function sayings(half: Half, text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const named = lines.map((line) => /^(?:runner|\S*\btwistd3)(?: [^ :]+)?: (.*)$/.exec(line)?.[1])
  const complaint = named.find((line) => line !== undefined)
  const traceback = lines[0]?.startsWith('Traceback') ? `traceback: ${lines.at(-1)}` : undefined
  return normal(half, complaint ?? traceback ?? lines[0] ?? '')
}

/** A text without what differs from one run, version or machine to the next. */
export function normal(half: Half, text: string): string {
  return text
    .replaceAll(half.cwd, 'CWD')
    .replace(/\b(?:runner|twistd3?)(?=\.|\b)/g, 'PROGRAM')
    .replace(/\b(pid|PID) -?\d+/g, '$1 N')
}

/** The status, or the signal that it ended by. */
export function how({ status, signal }: Ended): number | NodeJS.Signals | null {
  return signal ?? status
}

/** The calls that the services got, and which of them: `start b`. */
export function calls(half: Half): string[] {
  return half
    .trace()
    .filter((line) => !line.startsWith('make '))
    .map((line) => line.split(' ').slice(0, 2).join(' '))
}

/** What a service saw when it was called: `uid`, `umask`, `cwd`. */
export function seen(half: Half, call: string, what: string): string | undefined {
  const line = half.trace().find((each) => each.startsWith(`${call} `))
  const value = line && new RegExp(`\\b${what}=(\\S+)`).exec(line)?.[1]
  return value?.replace(half.cwd, 'CWD')
}

/** The control sockets in a directory, of which twistd has none. */
export function sockets(half: Half): string[] {
  return readdirSync(half.cwd)
    .filter((name) => name.endsWith('.sock'))
    .map((name) => name.replace(half.program.name, 'PROGRAM'))
}

/** What is in a directory, but for control sockets and what rows put there themselves. */
export function files(half: Half, dir: string = half.cwd): string[] {
  const own = ['.cache', 'plugins', 'twisted', 'trace', 'steps', 'sub', 'dir']
  return readdirSync(dir)
    .filter((name) => !own.includes(name) && !/^app\b|\.sock$/.test(name))
    .map((name) => name.replace(half.program.name, 'PROGRAM'))
    .sort()
}

/** Permissions as `ls` has them, in octal. */
export function mode(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8)
}

/** The log's lines without their times. */
export function logLines(half: Half, path: string = half.logfile): string[] {
  return half
    .read(path)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      normal(half, line.replace(/^\d{4}-\S+ /, '').replace(/^\[twisted\.\S+#info\] /, '[-] ')),
    )
}

/** How the probe's services are started: all of them privileged first. */
export const STARTED: readonly string[] = [
  ...['priv a', 'priv b', 'priv c'],
  ...['start a', 'start b', 'start c'],
]

/** How the probe's services are stopped, one after another. */
export const STOPPED: readonly string[] = [
  'stop c',
  'stopped c',
  'stop b',
  'stopped b',
  'stop a',
  'stopped a',
]

/** The calls from the first stop on. */
export function stops(all: readonly string[]): string[] {
  return all.slice(all.findIndex((call) => call.startsWith('stop')))
}
