import { mkdirSync } from 'node:fs'
import { differences } from './differences.ts'
import { failing } from './failures.ts'
import { files, seen } from './observe.ts'
import type { Row } from './row.ts'

export const paths: readonly Row[] = [
  {
    row: 33,
    does: 'paths are meant from the starting directory, the service runs in another',
    async observe(half) {
      mkdirSync(half.path('sub'))
      const args = ['-d', 'sub', '-l', 'rel.log', 'probe', '--trace', 'trace']
      const pid = await half.daemon(args)
      const observed = {
        files: files(half),
        inside: files(half, half.path('sub')),
        cwd: seen(half, 'start a', 'cwd'),
        made: half.trace()[0]?.endsWith(`cwd=${half.cwd}`),
      }
      await half.end(pid)
      return { ...observed, after: files(half) }
    },
    same: {
      files: ['PROGRAM.pid', 'rel.log'],
      inside: [],
      cwd: 'CWD/sub',
      made: true,
      after: ['rel.log'],
    },
  },
  {
    row: 33,
    does: 'a log that can not be opened',
    observe: (half) => failing(half, ['-l', 'nodir/x.log', 'probe', '--trace', 'trace']),
    differs: [differences.statuses, differences.line],
    runner: {
      status: 73,
      on: 'stderr',
      says: 'cannot open log CWD/nodir/x.log: no such file or directory',
      files: [],
      processes: 0,
      calls: [],
    },
    twistd: {
      status: 1,
      on: 'stderr',
      says: /^traceback: FileNotFoundError/,
      files: [],
      processes: 0,
      calls: [],
    },
  },
  {
    row: 34,
    does: 'a run directory that is not there',
    observe: (half) => failing(half, ['-d', 'nosuch', 'probe', '--trace', 'trace']),
    differs: [differences.statuses, differences.rundir],
    runner: {
      status: 66,
      on: 'stderr',
      says: 'cannot run in nosuch: no such directory',
      files: [],
      processes: 0,
      calls: [],
    },
    twistd: {
      status: 1,
      on: 'neither',
      says: '',
      files: ['PROGRAM.log'],
      processes: 0,
      calls: [],
    },
  },
]
