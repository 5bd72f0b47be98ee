import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** The files of a log from the oldest to the newest, which is the log itself. */
export function logFiles(path: string): string[] {
  const prefix = `${basename(path)}.`
  const numbers = readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
  const rotated = numbers.sort((one, other) => Number(one) - Number(other))
  return [...rotated.map((number) => join(dirname(path), prefix + number)), path]
}

/** All that a log has, oldest first, without the times. */
export function readLog(path: string): string[] {
  const whole = logFiles(path).map((file) => readFileSync(file, 'utf8'))
  const lines = whole.join('').split('\n')
  if (lines.pop() !== '') throw new Error('the log does not end with a newline')
  return lines.map((line) => line.replace(/^\S+ \[-\] /, ''))
}

/** Modes, as `ls` would give them in octal. */
export function modeOf(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8)
}
