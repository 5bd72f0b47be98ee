import { waitFor } from '../../helpers/wait-for.ts'
import { differences } from './differences.ts'
import type { Half } from './half.ts'
import { isAlive } from './processes.ts'
import type { Row } from './row.ts'

export const procmon: readonly Row[] = [
  {
    row: 51,
    does: 'procmon starts a program again, later and later',
    async observe(half) {
      const count = half.path('starts')
      const { child, ended } = half.start(['-n', 'procmon', 'sh', '-c', `date +%s%N >> ${count}`])
      const times = await waitFor(count, () => {
        const lines = half.read(count).split('\n').slice(0, -1)
        return lines.length < 3 ? undefined : lines.map(Number)
      })
      child.kill('SIGTERM')
      await ended
      const [first, second, third] = times as [number, number, number]
      return { later: third - second > second - first }
    },
    same: { later: true },
  },
  {
    row: 51,
    does: 'procmon without a program',
    async observe(half) {
      const { status, stdout, stderr } = await half.run(['-n', 'procmon'])
      return {
        status,
        said: /Please specify a process commandline|no command/.exec(stdout + stderr)?.[0],
      }
    },
    differs: [differences.usage],
    runner: { status: 64, said: 'no command' },
    twistd: { status: 0, said: 'Please specify a process commandline' },
  },
  {
    row: 52,
    does: 'procmon is stopped while its program ignores SIGTERM',
    async observe(half) {
      const pidfile = half.path('child.pid')
      const script = `trap '' TERM; echo $$ > ${pidfile}; while :; do sleep 1; done`
      const { child, ended } = half.start(['-n', 'procmon', '-k', '1', 'sh', '-c', script])
      const pid = await waitFor(pidfile, () => pidIn(half, pidfile))
      child.kill('SIGTERM')
      await ended
      const lives = isAlive(pid)
      if (lives) process.kill(pid, 'SIGKILL')
      return { lives }
    },
    differs: [differences.monitored],
    runner: { lives: false },
    twistd: { lives: true },
  },
]

/** What twistd starts has no environment to know it by. */
function pidIn(half: Half, path: string): number | undefined {
  const text = half.read(path)
  return text.endsWith('\n') ? Number(text) : undefined
}
