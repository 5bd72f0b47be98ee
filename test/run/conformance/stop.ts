import { waitFor } from '../../helpers/wait-for.ts'
import { differences } from './differences.ts'
import { calls, files, how, STOPPED, stops } from './observe.ts'
import { isAlive } from './processes.ts'
import type { Row } from './row.ts'

export const stop: readonly Row[] = [
  {
    row: 31,
    does: 'a service that takes its time to stop is waited for',
    async observe(half) {
      const slow = ['--slow', 'stop:b', '--seconds', '0.3']
      const pid = await half.daemon(['probe', '--trace', 'trace', ...slow])
      await half.end(pid)
      return { calls: stops(calls(half)), files: files(half) }
    },
    differs: [differences.inTurn],
    runner: { calls: STOPPED, files: ['PROGRAM.log'] },
    twistd: {
      calls: ['stop c', 'stopped c', 'stop b', 'stop a', 'stopped a', 'stopped b'],
      files: ['PROGRAM.log'],
    },
  },
  {
    row: 31,
    does: 'a second SIGTERM while it stops',
    async observe(half) {
      // Longer than any test waits where the second signal is to cut it short.
      const seconds = half.program.name === 'runner' ? '60' : '0.5'
      const slow = ['--slow', 'stop:b', '--seconds', seconds]
      const pid = await half.daemon(['probe', '--trace', 'trace', ...slow])
      process.kill(pid, 'SIGTERM')
      await half.traced('stop b')
      await half.end(pid)
      return { finished: calls(half).includes('stopped b'), files: files(half) }
    },
    differs: [differences.second],
    runner: { finished: false, files: ['PROGRAM.log'] },
    twistd: { finished: true, files: ['PROGRAM.log'] },
  },
  {
    row: 31,
    does: 'a service that never finishes to stop',
    async observe(half) {
      const pid = await half.daemon([
        ...(half.program.name === 'runner' ? ['--stop-timeout', '0.2'] : []),
        ...['probe', '--trace', 'trace', '--hang', 'stop:b'],
      ])
      process.kill(pid, 'SIGTERM')
      await half.traced('stop b')
      if (half.program.name === 'runner') await half.gone(pid)
      else await half.traced('stopped a')
      return {
        runs: isAlive(pid),
        named: /Not stopped within .*\bb\b/.test(half.read(half.logfile)),
      }
    },
    differs: [differences.deadline],
    runner: { runs: false, named: true },
    twistd: { runs: true, named: false },
  },
  {
    row: 32,
    does: 'one service fails to stop',
    async observe(half) {
      const args = ['-n', '-l', 'x.log', 'probe', '--trace', 'trace', '--fail', 'stop:b']
      const { child, ended } = await half.foreground(args)
      child.kill('SIGTERM')
      const status = how(await ended)
      const log = half.read(half.path('x.log'))
      return { status, calls: stops(calls(half)), logged: /Error: stop fail/.test(log) }
    },
    same: {
      status: 'SIGTERM',
      calls: ['stop c', 'stopped c', 'stop b', 'stop a', 'stopped a'],
      logged: true,
    },
  },
  {
    row: 32,
    does: 'an error that nobody caught',
    async observe(half) {
      const args = ['-n', '-l', 'x.log', 'probe', '--trace', 'trace']
      const { child, ended } = await half.foreground(args)
      child.kill('SIGIO')
      const log = half.path('x.log')
      await waitFor(log, () => (half.read(log).includes('out of the blue') ? true : undefined))
      // What goes on has to be stopped.
      if (half.program.name === 'twistd') child.kill('SIGTERM')
      return { status: how(await ended), calls: stops(calls(half)) }
    },
    differs: [differences.uncaught],
    runner: { status: 70, calls: STOPPED },
    twistd: { status: 'SIGTERM', calls: STOPPED },
  },
  {
    row: 50,
    does: 'a program that stops itself ends with 0',
    async observe(half) {
      const { child, ended } = await half.foreground(['-n', 'probe', '--trace', 'trace'])
      child.kill('SIGWINCH')
      return { how: how(await ended), files: files(half), calls: stops(calls(half)) }
    },
    same: { how: 0, files: [], calls: STOPPED },
  },
]
