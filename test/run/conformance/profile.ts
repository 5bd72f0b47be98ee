import { differences } from './differences.ts'
import { files, how, told } from './observe.ts'
import type { Row } from './row.ts'

export const profile: readonly Row[] = [
  {
    row: 54,
    does: '--profile writes a file when the run ends, which it does by the signal all the same',
    async observe(half) {
      const args = ['-n', '--profile', 'x.profile', 'probe', '--trace', 'trace']
      const { child, ended } = await half.foreground(args)
      child.kill('SIGTERM')
      const status = how(await ended)
      return { status, written: half.read(half.path('x.profile')).length > 0, files: files(half) }
    },
    same: { status: 'SIGTERM', written: true, files: ['x.profile'] },
  },
  {
    row: 54,
    does: 'a profile that can not be written',
    async observe(half) {
      const args = ['-n', '-l', 'x.log', '-p', 'nodir/x', 'probe', '--trace', 'trace']
      const started = half.start(args)
      // twistd finds out when the run ends.
      if (half.program.name === 'twistd') {
        await half.ready(started.pid)
        await half.end(started.pid)
      }
      const { status, says } = told(half, await started.ended)
      return { status, says, began: half.trace().length > 0 }
    },
    differs: [differences.profile, differences.statuses],
    runner: {
      status: 73,
      says: 'cannot write profile CWD/nodir/x: no such file or directory',
      began: false,
    },
    twistd: { status: 'SIGTERM', says: /No such file or directory/, began: true },
  },
]
