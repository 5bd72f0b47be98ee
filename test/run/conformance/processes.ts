import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { isAlive, send } from '../../helpers/runner.ts'
import { waitFor } from '../../helpers/wait-for.ts'

export { isAlive }

/** The living processes with this entry in their environment. */
export function processesWith(entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environment(name).includes(entry))
    .map(Number)
    .filter(isAlive)
}

function environment(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** Kills the processes that `find` finds, by pid, until it finds none. */
export async function endAll(find: () => readonly number[]): Promise<void> {
  for (let pids = find(); pids.length > 0; pids = find()) {
    for (const pid of pids) {
      send(pid, 'SIGKILL')
      await waitFor(`/proc/${pid}`, () => (isAlive(pid) ? undefined : true))
    }
  }
}

/** The shells that keep a pid file or log in a directory. */
export function keepersOf(dir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return line.includes('runner-keeper') && line.includes(dir)
      } catch {
        return false
      }
    })
}

/** True when a process has a handler for a signal. */
export function catches(pid: number, signal: NodeJS.Signals): boolean {
  const caught = /^SigCgt:\s*(\S+)$/m.exec(statusOf(pid))?.[1] ?? '0'
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n
}

/** True when a process reads a pipe that can't end: it has both ends, and nobody else has. */
export function waitsForItself(pid: number): boolean {
  const pipes = readdirSync(`/proc/${pid}/fd`)
    .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    .filter((target) => target.startsWith('pipe:'))
  return new Set(pipes).size < pipes.length
}

/** A field of /proc/PID/status, such as `Uid`. */
export function statusField(pid: number, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(statusOf(pid))?.[1] ?? ''
}

/** The session a process belongs to. */
export function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}
