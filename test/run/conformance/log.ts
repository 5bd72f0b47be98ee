import { differences } from './differences.ts'
import { files, mode, normal, seen, told } from './observe.ts'
import type { Row } from './row.ts'

const PRINTS = ['--print', 'printed', '--warn', 'warned', '--say', 'said']

/** Which kinds of lines a text has. */
function kinds(text: string): string[] {
  return ['[stdout#info] printed', '[stderr#error] warned', '[-] said'].filter((line) =>
    text.includes(line),
  )
}

export const log: readonly Row[] = [
  {
    row: 35,
    does: 'a daemon has no stdout to log to',
    async observe(half) {
      const ended = await half.run(['-l', '-', 'probe', '--trace', 'trace'])
      return { ...told(half, ended), files: files(half), made: half.trace().length > 0 }
    },
    differs: [differences.usage],
    runner: {
      status: 64,
      on: 'stderr',
      says: 'cannot log to stdout: a daemon has none',
      files: [],
      made: false,
    },
    twistd: {
      status: 1,
      on: 'stderr',
      says: 'Daemons cannot log to stdout, exiting!',
      files: [],
      made: true,
    },
  },
  {
    row: 36,
    does: 'in the foreground everything is logged to stdout',
    async observe(half) {
      const { child, ended } = await half.foreground(['-n', 'probe', ...PRINTS])
      child.kill('SIGTERM')
      const { stdout, stderr } = await ended
      return { stdout: kinds(stdout), stderr, files: files(half) }
    },
    same: {
      stdout: ['[stdout#info] printed', '[stderr#error] warned', '[-] said'],
      stderr: '',
      files: [],
    },
  },
  {
    row: 36,
    does: 'in the foreground with a log file stdout is silent',
    async observe(half) {
      const { child, ended } = await half.foreground(['-n', '-l', 'f', 'probe', ...PRINTS])
      child.kill('SIGTERM')
      const { stdout, stderr } = await ended
      return { stdout, stderr, log: kinds(half.read(half.path('f'))), mode: mode(half.path('f')) }
    },
    same: {
      stdout: '',
      stderr: '',
      log: ['[stdout#info] printed', '[stderr#error] warned', '[-] said'],
      mode: '644',
    },
  },
  {
    row: 36,
    does: 'the first lines of a log',
    async observe(half) {
      await half.daemon(['probe', '--trace', 'trace'])
      const lines = half.read(half.logfile).trimEnd().split('\n')
      return {
        dated: lines.every((line) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} \[/.test(line)),
        first: normal(half, lines.find((line) => line.includes('starting up')) ?? '').slice(25),
      }
    },
    differs: [differences.marks],
    runner: { dated: true, first: /^\[-\] PROGRAM \S+ \(node \S+\) starting up\.$/ },
    twistd: { dated: true, first: /^\[\S+#info\] PROGRAM \S+ \(.*\) starting up\.$/ },
  },
  {
    row: 40,
    does: 'the umask: 077 for a daemon, the one given, and in the foreground none',
    async observe(half) {
      await half.daemon(['--umask', '022', 'probe', '--trace', 'trace'])
      const given = { umask: seen(half, 'start a', 'umask'), mode: mode(half.pidfile) }
      const apart = ['--pidfile=', '-n', 'probe', '--trace', 'trace-n']
      await half.foreground(apart)
      const [, first = ''] = half.read(half.path('trace-n')).split('\n')
      return { given, foreground: /umask=(\S+)/.exec(first)?.[1] }
    },
    same: { given: { umask: '22', mode: '644' }, foreground: '22' },
  },
]
