import { waitFor } from '../../helpers/wait-for.ts'
import { differences } from './differences.ts'
import type { Half } from './half.ts'
import { calls, files, how, told } from './observe.ts'
import { isAlive, waitsForItself } from './processes.ts'
import type { Observation, Row } from './row.ts'

/**
 * The daemon's process ends without a word. twistd waits for one on a pipe whose
 * other end it holds itself, so it is looked at when the daemon is gone.
 */
async function exiting(half: Half): Promise<Observation> {
  const { child, ended, pid } = half.start(['probe', '--trace', 'trace', '--exit', 'start:b'])
  await half.traced('start b')
  await waitFor(half.cwd, () => {
    const others = half.processes().filter((each) => each !== pid)
    return others.length === 0 ? true : undefined
  })
  const pidfile = files(half).includes('PROGRAM.pid')
  if (half.program.name === 'runner') return { ended: told(half, await ended), pidfile }
  const waits = isAlive(pid) && waitsForItself(pid)
  child.kill('SIGKILL')
  await ended
  return { ended: waits ? 'never' : 'yes', pidfile }
}

export const unfinishedStart: readonly Row[] = [
  {
    row: 29,
    does: 'startService exits the process, as a daemon',
    observe: exiting,
    differs: [differences.died],
    runner: {
      ended: {
        status: 70,
        on: 'stderr',
        says: 'cannot start probe: it exited with status 7 before it was ready',
      },
      pidfile: false,
    },
    twistd: { ended: 'never', pidfile: true },
  },
  {
    row: 29,
    does: 'startService exits the process, in the foreground',
    async observe(half) {
      const ended = await half.run(['-n', 'probe', '--exit', 'start:b'])
      return { status: how(ended), pidfile: files(half).includes('PROGRAM.pid') }
    },
    differs: [differences.removed],
    runner: { status: 7, pidfile: false },
    twistd: { status: 7, pidfile: true },
  },
  {
    row: 30,
    does: 'a start that takes its time is waited for',
    async observe(half) {
      const slow = ['--slow', 'start:b', '--seconds', '0.5']
      const { status } = await half.run(['probe', '--trace', 'trace', ...slow])
      return { status, started: calls(half).includes('start c') }
    },
    same: { status: 0, started: true },
  },
  {
    row: 30,
    does: 'SIGTERM while it starts',
    async observe(half) {
      // Of runner it is awaited, for 30 seconds at most.
      const slow = ['--slow', 'start:b', '--seconds', '6']
      const { child, ended } = half.start(['-n', 'probe', '--trace', 'trace', ...slow])
      await half.traced('start b')
      child.kill('SIGTERM')
      return { how: how(await ended), files: files(half), calls: calls(half).slice(5) }
    },
    differs: [differences.interrupted, differences.removed],
    runner: {
      how: 'SIGTERM',
      files: [],
      calls: ['stop b', 'stopped b', 'stop a', 'stopped a'],
    },
    twistd: { how: 'SIGTERM', files: ['PROGRAM.pid'], calls: [] },
  },
  {
    row: 30,
    does: 'SIGINT to the shell command that waits for the start',
    async observe(half) {
      const slow = ['--slow', 'start:b', '--seconds', '60']
      const { child, ended } = half.start(['probe', '--trace', 'trace', ...slow])
      await half.traced('start b')
      child.kill('SIGINT')
      return { how: how(await ended), left: half.processes().length, files: files(half) }
    },
    differs: [differences.along],
    runner: { how: 'SIGINT', left: 0, files: ['PROGRAM.log'] },
    twistd: { how: 'SIGINT', left: 1, files: ['PROGRAM.log', 'PROGRAM.pid'] },
  },
]
