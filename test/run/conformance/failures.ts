import { once } from 'node:events'
import { createServer } from 'node:net'
import { differences } from './differences.ts'
import type { Half } from './half.ts'
import { calls, files, how, told } from './observe.ts'
import type { Observation, Row } from './row.ts'

/** Runs a start that fails: what is said, what is left, and what the services got. */
export async function failing(half: Half, args: readonly string[]): Promise<Observation> {
  const ended = await half.run(args)
  await half.settled()
  return {
    ...told(half, ended),
    files: files(half),
    processes: half.processes().length,
    calls: calls(half),
  }
}

/** True when a text says that the port is taken. */
function said(text: string): boolean {
  return /address already in use|CannotListen/i.test(text)
}

export const failures: readonly Row[] = [
  {
    row: 13,
    does: 'makeService throws, in the foreground',
    async observe(half) {
      const { status, stderr } = await half.run(['-n', 'probe', '--failmake'])
      const last = stderr.trimEnd().split('\n').at(-1)
      return { status, last, files: files(half), processes: half.processes().length }
    },
    differs: [differences.statuses, differences.line],
    runner: { status: 70, last: 'runner: cannot load probe: make fail', files: [], processes: 0 },
    twistd: { status: 1, last: 'RuntimeError: make fail', files: [], processes: 0 },
  },
  {
    row: 13,
    does: 'makeService throws, as a daemon',
    observe: (half) => failing(half, ['probe', '--failmake']),
    differs: [differences.statuses, differences.late],
    runner: {
      status: 70,
      on: 'stderr',
      says: 'cannot load probe: make fail',
      files: ['PROGRAM.log'],
      processes: 0,
      calls: [],
    },
    twistd: {
      status: 1,
      on: 'stderr',
      says: 'traceback: RuntimeError: make fail',
      files: [],
      processes: 0,
      calls: [],
    },
  },
  {
    row: 25,
    does: 'startService throws, as a daemon',
    async observe(half) {
      const ended = await half.run(['probe', '--fail', 'start:b'])
      await half.settled()
      const log = half.read(half.logfile)
      return {
        ...told(half, ended),
        files: files(half),
        traceback: /^\S+ \[[^\]]+\] (\t| {4})?.*(Traceback|start fail)/m.test(log),
      }
    },
    differs: [differences.statuses, differences.line],
    runner: {
      status: 70,
      on: 'stderr',
      says: 'cannot start probe: start fail',
      files: ['PROGRAM.log'],
      traceback: true,
    },
    twistd: {
      status: 1,
      on: 'stderr',
      says: "An error has occurred: b'RuntimeError: start fail'",
      files: ['PROGRAM.log'],
      traceback: true,
    },
  },
  ...[true, false].map(
    (nodaemon): Row => ({
      row: 26,
      does: `a port is in use, ${nodaemon ? 'in the foreground' : 'as a daemon'}`,
      async observe(half) {
        const holder = createServer().listen(0, '127.0.0.1')
        await once(holder, 'listening')
        const { port } = holder.address() as { port: number }
        try {
          const ended = await half.run([...(nodaemon ? ['-n'] : []), 'probe', '--port', `${port}`])
          await half.settled()
          const log = nodaemon ? ended.stdout : half.read(half.logfile)
          return {
            status: how(ended),
            stderr: said(ended.stderr),
            log: said(log),
            pidfile: files(half).includes('PROGRAM.pid'),
            processes: half.processes().length,
          }
        } finally {
          holder.close()
        }
      },
      differs: nodaemon ? [differences.statuses, differences.line] : [differences.statuses],
      runner: { status: 69, stderr: true, log: true, pidfile: false, processes: 0 },
      twistd: { status: 1, stderr: !nodaemon, log: true, pidfile: false, processes: 0 },
    }),
  ),
  {
    row: 27,
    does: 'privilegedStartService throws',
    observe: (half) => failing(half, ['probe', '--trace', 'trace', '--fail', 'priv:b']),
    differs: [differences.statuses],
    runner: {
      status: 70,
      on: 'stderr',
      says: 'cannot start probe: priv fail',
      files: ['PROGRAM.log'],
      processes: 0,
      calls: ['priv a', 'priv b'],
    },
    twistd: {
      status: 1,
      on: 'stderr',
      says: "An error has occurred: b'RuntimeError: priv fail'",
      files: ['PROGRAM.log'],
      processes: 0,
      calls: ['priv a', 'priv b'],
    },
  },
  {
    row: 28,
    does: 'the second of three services fails to start',
    async observe(half) {
      await half.run(['probe', '--trace', 'trace', '--fail', 'start:b'])
      await half.settled()
      return { calls: calls(half).slice(3) }
    },
    differs: [differences.undone],
    runner: { calls: ['start a', 'start b', 'stop a', 'stopped a'] },
    twistd: { calls: ['start a', 'start b'] },
  },
]
