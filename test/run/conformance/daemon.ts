import { readlinkSync } from 'node:fs'
import { differences } from './differences.ts'
import { files, mode, seen, sockets, told } from './observe.ts'
import { isAlive, sessionOf, statusField } from './processes.ts'
import type { Observation, Row } from './row.ts'

/** What both daemons are. */
function common(): Observation {
  return {
    status: 0,
    on: 'neither',
    says: '',
    files: ['PROGRAM.log', 'PROGRAM.pid'],
    pidfile: true,
    modes: ['600', '644'],
    orphan: true,
    fds: ['/dev/null', '/dev/null', '/dev/null'],
    umask: ['0077', '77'],
    cwd: [true, 'CWD'],
  }
}

export const daemon: readonly Row[] = [
  {
    row: 14,
    does: 'a daemon is alone, in its directory, with its files its own',
    async observe(half) {
      const ended = await half.run(['probe', '--trace', 'trace'])
      const pid = half.pid()
      await half.ready(pid)
      const parent = Number(statusField(pid, 'PPid'))
      return {
        ...told(half, ended),
        files: files(half),
        sockets: sockets(half),
        pidfile: half.read(half.pidfile) === String(pid) && isAlive(pid),
        modes: [mode(half.pidfile), mode(half.logfile)],
        orphan: parent !== process.pid && !half.processes().includes(parent),
        leads: sessionOf(pid) === pid,
        fds: [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
        umask: [statusField(pid, 'Umask'), seen(half, 'start a', 'umask')],
        cwd: [readlinkSync(`/proc/${pid}/cwd`) === half.cwd, seen(half, 'priv a', 'cwd')],
        made: half.trace()[0]?.startsWith(`make pid=${pid} `),
      }
    },
    differs: [differences.leader, differences.late, differences.control],
    runner: { ...common(), sockets: ['PROGRAM.sock'], leads: true, made: true },
    twistd: { ...common(), sockets: [], leads: false, made: false },
  },
  {
    row: 15,
    does: 'a second start is refused while the first one runs',
    async observe(half) {
      const pid = await half.daemon(['probe', '--trace', 'trace'])
      const second = await half.run(['probe'])
      return {
        ...told(half, second),
        unharmed: isAlive(pid) && half.pid() === pid,
      }
    },
    differs: [differences.hindered],
    runner: {
      status: 75,
      on: 'stderr',
      says: 'cannot start: already running with pid N',
      unharmed: true,
    },
    twistd: {
      status: 1,
      on: 'stderr',
      says: 'Another PROGRAM server is running, PID N',
      unharmed: true,
    },
  },
  {
    row: 16,
    does: 'a second one with files of its own runs beside the first',
    async observe(half) {
      const pid = await half.daemon(['probe', '--trace', 'trace'])
      const { status } = await half.run(['--pidfile=x.pid', '--logfile=x.log', 'probe'])
      const second = half.pid(half.path('x.pid'))
      return { status, run: [isAlive(pid), isAlive(second), pid !== second], files: files(half) }
    },
    same: {
      status: 0,
      run: [true, true, true],
      files: ['PROGRAM.log', 'PROGRAM.pid', 'x.log', 'x.pid'],
    },
  },
]
