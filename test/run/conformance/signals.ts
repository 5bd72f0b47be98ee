import { differences } from './differences.ts'
import { calls, files, how, logLines, STARTED, STOPPED, stops } from './observe.ts'
import { catches } from './processes.ts'
import type { DifferentRow, Row } from './row.ts'

/** A daemon that a signal stops in order. */
function graceful(row: number, signal: NodeJS.Signals): Row {
  return {
    row,
    does: `${signal} stops a daemon in order`,
    async observe(half) {
      const pid = await half.daemon(['probe', '--trace', 'trace'])
      await half.end(pid, signal)
      return { files: files(half), calls: stops(calls(half)), log: logLines(half).slice(-3) }
    },
    same: {
      files: ['PROGRAM.log'],
      calls: STOPPED,
      log: [
        `[-] Received ${signal}, shutting down.`,
        '[-] Main loop terminated.',
        '[-] Server Shut Down.',
      ],
    },
  }
}

/** The shell sees the signal that ended it. */
function waited(signal: NodeJS.Signals): Row {
  return {
    row: 18,
    does: `a foreground run that ${signal} stopped ends by ${signal}`,
    async observe(half) {
      const { child, ended } = await half.foreground(['-n', 'probe', '--trace', 'trace'])
      child.kill(signal)
      return { how: how(await ended), files: files(half), calls: stops(calls(half)) }
    },
    same: { how: signal, files: [], calls: STOPPED },
  }
}

/** twistd dies of it where it stands. */
function abrupt(signal: NodeJS.Signals): DifferentRow {
  return {
    row: 19,
    does: `${signal} in the foreground`,
    async observe(half) {
      const { child, ended } = await half.foreground(['-n', 'probe', '--trace', 'trace'])
      child.kill(signal)
      return { how: how(await ended), files: files(half), calls: calls(half).slice(6) }
    },
    differs: [differences.graceful],
    runner: { how: signal, files: [], calls: STOPPED },
    twistd: { how: signal, files: ['PROGRAM.pid'], calls: [] },
  }
}

export const signals: readonly Row[] = [
  graceful(17, 'SIGTERM'),
  graceful(18, 'SIGINT'),
  waited('SIGTERM'),
  waited('SIGINT'),
  {
    row: 19,
    does: 'SIGHUP in the foreground',
    async observe(half) {
      const { child, ended } = await half.foreground(['-n', 'probe', '--trace', 'trace'])
      child.kill('SIGHUP')
      if (half.program.name === 'runner') {
        await half.traced('start c', 2)
        await half.traced('stopped a')
        child.kill('SIGTERM')
      }
      return { how: how(await ended), files: files(half), calls: calls(half).slice(6) }
    },
    differs: [differences.reload],
    runner: {
      how: 'SIGTERM',
      files: [],
      // Those of the second generation, of the first, and of the second again.
      calls: [...STARTED, ...STOPPED, ...STOPPED],
    },
    twistd: { how: 'SIGHUP', files: ['PROGRAM.pid'], calls: [] },
  },
  abrupt('SIGQUIT'),
  abrupt('SIGUSR2'),
  {
    row: 19,
    does: 'SIGHUP that was ignored before it was started, as nohup does',
    async observe(half) {
      const under = ['sh', '-c', 'trap \'\' HUP; exec "$@"', 'sh']
      const { pid } = await half.foreground(['-n', 'probe', '--trace', 'trace'], { under })
      return { hears: catches(pid, 'SIGHUP') }
    },
    differs: [differences.ignored],
    runner: { hears: true },
    twistd: { hears: false },
  },
]
