import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, utimesSync } from 'node:fs'
import { waitFor } from '../../helpers/wait-for.ts'
import { differences } from './differences.ts'
import { files, how, logLines, told } from './observe.ts'
import { isAlive } from './processes.ts'
import type { Row } from './row.ts'

/** The user and group ids of nobody. */
export const NOBODY = 65534

/** A start that the pid file's text is in the way of. */
function garbage(what: string, text: string, twistd: string): Row {
  const isNumber = Number.isInteger(Number.parseInt(text, 10))
  return {
    row: 21,
    does: `a pid file that holds ${what}`,
    async observe(half) {
      half.write(`${half.program.name}.pid`, text)
      const ended = await half.run(['probe'])
      return { ...told(half, ended), files: files(half), kept: half.read(half.pidfile) === text }
    },
    differs: [differences.hindered, ...(isNumber ? [differences.garbage] : [])],
    runner: {
      status: 78,
      on: 'stderr',
      says: 'cannot read pid file CWD/PROGRAM.pid: it contains no process id',
      files: ['PROGRAM.pid'],
      kept: true,
    },
    twistd: { status: 1, on: 'stderr', says: twistd, files: ['PROGRAM.pid'], kept: true },
  }
}

export const pidFile: readonly Row[] = [
  {
    row: 20,
    does: 'the pid file of a dead process is replaced',
    async observe(half) {
      const killed = await half.foreground(['-n', 'probe', '--trace', 'trace'])
      killed.child.kill('SIGKILL')
      await killed.ended
      const left = half.pid() === killed.pid
      const { status, on } = told(half, await half.run(['probe']))
      const log = logLines(half).join('\n')
      return { left, status, on, says: log.includes('Removing stale pidfile CWD/PROGRAM.pid') }
    },
    differs: [differences.quietly],
    runner: { left: true, status: 0, on: 'neither', says: true },
    twistd: { left: true, status: 0, on: 'stderr', says: true },
  },
  {
    row: 20,
    does: 'the pid file of a process that is younger than the file',
    async observe(half) {
      half.write(`${half.program.name}.pid`, String(process.pid))
      utimesSync(half.pidfile, 1, 1)
      return { status: how(await half.run(['probe'])) }
    },
    differs: [differences.stale],
    runner: { status: 0 },
    twistd: { status: 1 },
  },
  {
    row: 20,
    does: 'the pid file of a zombie',
    async observe(half) {
      // The shell's child ends; what the shell has become doesn't ask how.
      const shell = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 600'])
      try {
        const [pid] = await once(shell.stdout, 'data')
        await waitFor(half.cwd, () => (isAlive(Number(pid)) ? undefined : true))
        half.write(`${half.program.name}.pid`, String(Number(pid)))
        return { status: how(await half.run(['probe'])) }
      } finally {
        shell.kill('SIGKILL')
        await once(shell, 'close')
      }
    },
    differs: [differences.stale],
    runner: { status: 0 },
    twistd: { status: 1 },
  },
  garbage('no number', 'abc', 'Pidfile CWD/PROGRAM.pid contains non-numeric value'),
  garbage('nothing', '', 'Pidfile CWD/PROGRAM.pid contains non-numeric value'),
  garbage('0', '0', 'Another PROGRAM server is running, PID N'),
  garbage('-1', '-1', 'Another PROGRAM server is running, PID N'),
  {
    row: 21,
    does: 'a pid file that is a directory',
    async observe(half) {
      mkdirSync(half.pidfile)
      return { ...told(half, await half.run(['probe'])), files: files(half) }
    },
    differs: [differences.hindered, differences.line],
    runner: {
      status: 78,
      on: 'stderr',
      says: 'cannot read pid file CWD/PROGRAM.pid: not a file',
      files: ['PROGRAM.pid'],
    },
    twistd: {
      status: 1,
      on: 'stderr',
      says: /^traceback: IsADirectoryError/,
      files: ['PROGRAM.pid'],
    },
  },
  {
    row: 22,
    does: "the pid file of another user's process",
    needsRoot: true,
    async observe(half) {
      chmodSync(half.cwd, 0o755)
      chownSync(half.cwd, NOBODY, NOBODY)
      half.write(`${half.program.name}.pid`, String(process.pid))
      const ended = await half.run(['probe'], { user: NOBODY })
      return { ...told(half, ended), kept: half.pid() === process.pid }
    },
    differs: [differences.hindered],
    runner: {
      status: 75,
      on: 'stderr',
      says: 'cannot start: already running with pid N',
      kept: true,
    },
    twistd: {
      status: 1,
      on: 'stderr',
      says: /^Can't check status of PID N from pidfile/,
      kept: true,
    },
  },
  {
    row: 23,
    does: 'an empty --pidfile= means none',
    async observe(half) {
      await half.foreground(['--pidfile=', '-n', 'probe', '--trace', 'trace'])
      return { files: files(half) }
    },
    same: { files: [] },
  },
  {
    row: 24,
    does: 'a pid file in a directory that is not there',
    async observe(half) {
      const ended = await half.run(['--pidfile=nodir/x', 'probe', '--trace', 'trace'])
      await half.settled()
      return { ...told(half, ended), files: files(half), processes: half.processes().length }
    },
    differs: [differences.statuses, differences.line],
    runner: {
      status: 73,
      on: 'stderr',
      says: 'cannot write pid file CWD/nodir/x: no such directory',
      files: ['PROGRAM.log'],
      processes: 0,
    },
    twistd: {
      status: 1,
      on: 'stderr',
      says: /^An error has occurred: b"FileNotFoundError: /,
      files: ['PROGRAM.log'],
      processes: 0,
    },
  },
]
