import { chmodSync, chownSync } from 'node:fs'
import { waitFor } from '../../helpers/wait-for.ts'
import { differences } from './differences.ts'
import type { Half } from './half.ts'
import { files, how, seen, told } from './observe.ts'
import { NOBODY } from './pid-file.ts'
import { statusField } from './processes.ts'
import type { Observation, Row } from './row.ts'

/** Real, effective, saved and file system id of a process. */
function ids(pid: number, of: 'Uid' | 'Gid'): string {
  return statusField(pid, of).split(/\s+/).join(' ')
}

/** Runs as nobody: what the services saw, what the process is, and what is left at the end. */
async function asNobody(half: Half, dirMode: number, ...more: string[]): Promise<Observation> {
  chmodSync(half.cwd, dirMode)
  half.write('trace', '')
  chmodSync(half.path('trace'), 0o666)
  const pid = await half.daemon(['-u', 'nobody', ...more, 'probe', '--trace', 'trace'])
  const observed = {
    priv: [seen(half, 'priv a', 'uid'), seen(half, 'priv a', 'euid')],
    start: [seen(half, 'start a', 'uid'), seen(half, 'start a', 'euid')],
    uid: ids(pid, 'Uid'),
    gid: ids(pid, 'Gid'),
  }
  await half.end(pid)
  return { ...observed, left: await left(half) }
}

/** What is left when every process of the run has ended. */
async function left(half: Half): Promise<string[]> {
  await waitFor(half.pidfile, () => (half.processes().length === 0 ? true : undefined))
  return files(half)
}

const n = String(NOBODY)
const shed = {
  priv: ['0', '0'],
  start: [n, n],
  uid: `${n} ${n} ${n} ${n}`,
  gid: `${n} ${n} ${n} ${n}`,
  left: ['PROGRAM.log'],
}

export const identity: readonly Row[] = [
  {
    row: 41,
    does: '-u sheds privileges between the two halves of the start',
    needsRoot: true,
    observe: (half) => asNobody(half, 0o777),
    same: shed,
  },
  {
    row: 41,
    does: '-u where the user may not write the directory',
    needsRoot: true,
    observe: (half) => asNobody(half, 0o755),
    differs: [differences.shed],
    runner: shed,
    twistd: { ...shed, left: ['PROGRAM.log', 'PROGRAM.pid'] },
  },
  {
    row: 41,
    does: '--euid leaves the real user',
    needsRoot: true,
    observe: (half) => asNobody(half, 0o777, '--euid'),
    same: {
      ...shed,
      start: ['0', n],
      uid: `0 ${n} 0 ${n}`,
      gid: `0 ${n} 0 ${n}`,
    },
  },
  {
    row: 42,
    does: 'a user that nobody is',
    async observe(half) {
      const ended = await half.run(['-u', 'nobody-of-this-name', 'probe'])
      return { ...told(half, ended), files: files(half) }
    },
    differs: [differences.usage, differences.line],
    runner: {
      status: 64,
      on: 'stderr',
      says: 'cannot run as user nobody-of-this-name: no such user',
      files: [],
    },
    twistd: { status: 1, on: 'stderr', says: /^traceback: KeyError/, files: [] },
  },
  {
    row: 42,
    does: 'who is not root can not become root',
    needsRoot: true,
    async observe(half) {
      chownSync(half.cwd, NOBODY, NOBODY)
      const ended = await half.run(['-n', '-u', 'root', 'probe'], { user: NOBODY })
      return {
        status: how(ended),
        logged: /(failed to|cannot) set uid\/gid/.test(ended.stdout),
        stderr: told(half, { ...ended, stdout: '' }).says,
        files: files(half),
      }
    },
    differs: [differences.statuses, differences.line],
    runner: {
      status: 77,
      logged: true,
      stderr: 'cannot set uid/gid 0/0: operation not permitted',
      files: [],
    },
    twistd: { status: 1, logged: true, stderr: '', files: ['PROGRAM.pid'] },
  },
]
