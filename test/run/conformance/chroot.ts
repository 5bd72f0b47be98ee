import { execFileSync } from 'node:child_process'
import { mkdirSync, readlinkSync } from 'node:fs'
import { differences } from './differences.ts'
import { failing } from './failures.ts'
import { files } from './observe.ts'
import type { Row } from './row.ts'

export const chroot: readonly Row[] = [
  {
    row: 33,
    does: '--chroot: the log outside, the run directory and the pid file in the new root',
    needsRoot: true,
    async observe(half) {
      mkdirSync(half.path('dir/sub'), { recursive: true })
      mkdirSync(half.path('dir/dev'))
      // twistd opens it in there.
      execFileSync('mknod', [half.path('dir/dev/null'), 'c', '1', '3'])
      const args = ['--chroot', 'dir', '-d', '/sub', '-l', 'x.log', '--pidfile', '/x.pid']
      const { status } = await half.run([...args, 'probe'])
      const pid = half.pid(half.path('dir/x.pid'))
      await half.ready(pid)
      const observed = {
        status,
        root: readlinkSync(`/proc/${pid}/root`) === half.path('dir'),
        cwd: readlinkSync(`/proc/${pid}/cwd`) === half.path('dir/sub'),
        files: files(half),
      }
      await half.end(pid)
      return { ...observed, after: files(half, half.path('dir')) }
    },
    same: { status: 0, root: true, cwd: true, files: ['x.log'], after: ['dev'] },
  },
  {
    row: 33,
    does: '--chroot without a run directory runs in the new root',
    needsRoot: true,
    async observe(half) {
      mkdirSync(half.path('dir'))
      half.write('dir/trace', '')
      const args = ['--chroot', 'dir', '--pidfile=', '-n', '-l', 'x.log']
      const ended = await half.run([...args, 'probe', '--trace', '/trace', '--exit', 'start:b'])
      const trace = half.read(half.path('dir/trace'))
      return { status: ended.status, cwd: /^start a .*cwd=(\S+)$/m.exec(trace)?.[1] }
    },
    same: { status: 7, cwd: '/' },
  },
  {
    row: 34,
    does: 'a new root that is not there',
    needsRoot: true,
    observe: (half) => failing(half, ['--chroot', 'nosuch', 'probe', '--trace', 'trace']),
    differs: [differences.statuses, differences.rundir],
    runner: {
      status: 66,
      on: 'stderr',
      says: 'cannot change root to nosuch: no such directory',
      files: [],
      processes: 0,
      calls: [],
    },
    twistd: { status: 1, on: 'neither', says: '', files: ['PROGRAM.log'], processes: 0, calls: [] },
  },
  {
    row: 34,
    does: 'a relative pid file, when the root is another',
    needsRoot: true,
    async observe(half) {
      mkdirSync(half.path('dir'))
      const args = ['--chroot', 'dir', '-n', '-l', 'x.log', 'probe', '--exit', 'start:b']
      const { status } = await failing(half, args)
      return { status, says: /(FileNotFoundError.*)/.exec(half.read(half.path('x.log')))?.[1] }
    },
    differs: [differences.inRoot, differences.statuses],
    runner: { status: 7, says: undefined },
    twistd: { status: 1, says: /^FileNotFoundError: .*twistd\.pid'$/ },
  },
]
