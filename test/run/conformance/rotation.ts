import { chmodSync, statSync } from 'node:fs'
import { waitFor } from '../../helpers/wait-for.ts'
import { differences } from './differences.ts'
import type { Half } from './half.ts'
import { files, how, mode } from './observe.ts'
import { isAlive } from './processes.ts'
import type { Row } from './row.ts'

/** A file of the log by its name in a row. */
function fileOf(half: Half, name: string): string {
  return half.path(name.replace('PROGRAM', half.program.name))
}

/** Which of the log's files is the oldest. */
function oldest(half: Half): string {
  const isFirst = (name: string): boolean => half.read(fileOf(half, name)).includes('starting up.')
  return files(half).find(isFirst) ?? 'none'
}

/** Sends SIGUSR1 and waits until the log has been rotated that often. */
async function rotate(half: Half, pid: number, times: number): Promise<void> {
  process.kill(pid, 'SIGUSR1')
  const numbers = Array.from({ length: times }, (_, i) => `PROGRAM.log.${i + 1}`)
  // twistd makes the new file last; runner makes it first, under another name.
  const wanted = ['PROGRAM.log', ...numbers, 'PROGRAM.pid'].join()
  await waitFor(half.logfile, () => (files(half).join() === wanted ? true : undefined))
}

export const rotation: readonly Row[] = [
  {
    row: 37,
    does: 'SIGUSR1 rotates the log of a daemon',
    async observe(half) {
      const pid = await half.daemon(['probe', '--trace', 'trace'])
      await rotate(half, pid, 1)
      const once = { files: files(half), size: statSync(half.logfile).size }
      await rotate(half, pid, 2)
      return { once, files: files(half), oldest: oldest(half), runs: isAlive(pid) }
    },
    differs: [differences.upward],
    runner: {
      once: { files: ['PROGRAM.log', 'PROGRAM.log.1', 'PROGRAM.pid'], size: 0 },
      files: ['PROGRAM.log', 'PROGRAM.log.1', 'PROGRAM.log.2', 'PROGRAM.pid'],
      oldest: 'PROGRAM.log.1',
      runs: true,
    },
    twistd: {
      once: { files: ['PROGRAM.log', 'PROGRAM.log.1', 'PROGRAM.pid'], size: 0 },
      files: ['PROGRAM.log', 'PROGRAM.log.1', 'PROGRAM.log.2', 'PROGRAM.pid'],
      oldest: 'PROGRAM.log.2',
      runs: true,
    },
  },
  {
    row: 37,
    does: 'SIGUSR1 with the log on stdout',
    async observe(half) {
      const { child, ended } = await half.foreground(['-n', 'probe', '--trace', 'trace'])
      child.kill('SIGUSR1')
      child.kill('SIGTERM')
      return { how: how(await ended), files: files(half) }
    },
    differs: [differences.usr1],
    runner: { how: 'SIGTERM', files: [] },
    twistd: { how: 'SIGUSR1', files: ['PROGRAM.pid'] },
  },
  {
    row: 38,
    does: 'a log that is too long is rotated before the first line, and keeps its mode',
    async observe(half) {
      half.write(`${half.program.name}.log`, 'x'.repeat(1_200_000))
      chmodSync(half.logfile, 0o640)
      await half.daemon(['probe', '--trace', 'trace'])
      const old = `${half.logfile}.1`
      return { files: files(half), old: statSync(old).size, modes: [mode(half.logfile), mode(old)] }
    },
    same: {
      files: ['PROGRAM.log', 'PROGRAM.log.1', 'PROGRAM.pid'],
      old: 1_200_000,
      modes: ['640', '640'],
    },
  },
  {
    row: 39,
    does: 'a log is rotated when it has 1,000,000 bytes',
    async observe(half) {
      const pid = await half.daemon(['probe', '--trace', 'trace'])
      for (const times of [1, 2]) {
        process.kill(pid, 'SIGURG')
        await half.traced('filled', times)
      }
      const rotated = files(half).filter((name) => /\.log\.\d+$/.test(name))
      const sizes = rotated.map((name) => statSync(fileOf(half, name)).size)
      return {
        several: rotated.length >= 2,
        full: sizes.every((size) => size >= 1_000_000 && size < 1_001_000),
        oldest: oldest(half) === rotated[0] ? 'first' : 'last',
        modes: [mode(fileOf(half, oldest(half))), mode(half.logfile)],
      }
    },
    differs: [differences.upward],
    runner: { several: true, full: true, oldest: 'first', modes: ['644', '600'] },
    twistd: { several: true, full: true, oldest: 'last', modes: ['644', '600'] },
  },
]
