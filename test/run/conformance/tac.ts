import { differences } from './differences.ts'
import type { Half } from './half.ts'
import { files, how, normal, told } from './observe.ts'
import type { Observation, Row } from './row.ts'

/** A tac file that has an application, in either language. */
const APPLICATION = {
  runner: `import { appendFileSync } from 'node:fs'
import { Application, Service } from 'runnerd'
export const application = new Application('app')
class Noted extends Service {
  startService() {
    appendFileSync('trace', 'start a\\n')
    process.on('SIGIO', () => {})
    return super.startService()
  }
}
new Noted().setServiceParent(application)
`,
  twistd: `import signal
from twisted.application import service
application = service.Application("app")
class Noted(service.Service):
    def startService(self):
        open("trace", "a").write("start a\\n")
        signal.signal(signal.SIGIO, lambda *_: None)
        service.Service.startService(self)
Noted().setServiceParent(application)
`,
}

const EXITS = { runner: 'process.exit(3)\n', twistd: 'import sys\nsys.exit(3)\n' }
const THROWS = { runner: "throw new Error('broken')\n", twistd: "raise RuntimeError('broken')\n" }
const EMPTY = { runner: 'export const other = 5\n', twistd: 'other = 5\n' }
const FIVE = { runner: 'export const application = 5\n', twistd: 'application = 5\n' }

function tacFile(half: Half, text?: { runner: string; twistd: string }): string {
  const file = half.program.name === 'runner' ? 'app.tac.mjs' : 'app.tac'
  if (text !== undefined) half.write(file, text[half.program.name])
  return file
}

/** What is said of a tac file that can't be run, by the last line that says something. */
async function refusal(
  half: Half,
  text?: { runner: string; twistd: string },
): Promise<Observation> {
  const ended = await half.run(['-n', '-y', tacFile(half, text)])
  const lines = ended.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('hint: '))
  return {
    status: how(ended),
    lines: lines.length > 1 ? 'several' : 'one',
    says: normal(half, lines.at(-1) ?? '').replace('.mjs', ''),
    files: files(half),
  }
}

export const tac: readonly Row[] = [
  {
    row: 49,
    does: 'a tac file runs, in the foreground and as a daemon',
    async observe(half) {
      const file = tacFile(half, APPLICATION)
      const { child, ended } = await half.foreground(['-n', '-y', file])
      child.kill('SIGTERM')
      const foreground = how(await ended)
      const pid = await half.daemon(['-y', file])
      await half.end(pid)
      return { foreground, starts: half.trace(), files: files(half) }
    },
    same: { foreground: 'SIGTERM', starts: ['start a', 'start a'], files: ['PROGRAM.log'] },
  },
  {
    row: 49,
    does: 'a tac file that is not there',
    observe: (half) => refusal(half),
    differs: [differences.statuses, differences.line],
    runner: {
      status: 66,
      lines: 'one',
      says: 'PROGRAM: cannot load CWD/app.tac: no such file',
      files: [],
    },
    twistd: {
      status: 1,
      lines: 'several',
      says: "Failed to load application: [Errno 2] No such file or directory: 'app.tac'",
      files: [],
    },
  },
  {
    row: 49,
    does: 'a tac file that throws',
    observe: (half) => refusal(half, THROWS),
    differs: [differences.statuses, differences.line],
    runner: {
      status: 70,
      lines: 'one',
      says: 'PROGRAM: cannot load CWD/app.tac: broken',
      files: [],
    },
    twistd: { status: 1, lines: 'several', says: 'Failed to load application: broken', files: [] },
  },
  {
    row: 49,
    does: 'a tac file without an application',
    observe: (half) => refusal(half, EMPTY),
    differs: [differences.statuses, differences.line],
    runner: {
      status: 78,
      lines: 'one',
      says: 'PROGRAM: cannot load CWD/app.tac: it exports no application',
      files: [],
    },
    twistd: { status: 1, lines: 'several', says: /./, files: [] },
  },
  {
    row: 49,
    does: 'a tac file whose application is a number',
    observe: (half) => refusal(half, FIVE),
    differs: [differences.statuses, differences.line],
    runner: {
      status: 78,
      lines: 'one',
      says: 'PROGRAM: cannot load CWD/app.tac: its application is none',
      files: [],
    },
    twistd: { status: 1, lines: 'several', says: /has no attribute 'getComponent'/, files: [] },
  },
  {
    row: 49,
    does: 'a tac file that exits',
    async observe(half) {
      return { status: how(await half.run(['-n', '-y', tacFile(half, EXITS)])) }
    },
    same: { status: 3 },
  },
  {
    row: 49,
    does: 'a tac file and a plugin',
    async observe(half) {
      const args = ['-n', '-y', tacFile(half, APPLICATION), 'probe', '--failmake']
      return { ...told(half, await half.run(args)) }
    },
    differs: [differences.both],
    runner: { status: 64, on: 'stderr', says: 'cannot run probe: --tac already says what to run' },
    twistd: { status: 1, on: 'stderr', says: 'traceback: RuntimeError: make fail' },
  },
]
