import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fixtures } from '../helpers/paths.ts'
import { gone, isAlive, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const preload = join(fixtures, 'kill', 'kill-at.cjs')

/** A daemon's directory, and what it is run with. */
interface Place {
  readonly cwd: string
  /** All that was done, one a line with its number. */
  readonly list: string
  readonly env: NodeJS.ProcessEnv
}

/** How a daemon lives: each phase begins when the one before has ended, and it lives. */
const phases: readonly { name: string; act(pid: number, place: Place): Promise<void> }[] = [
  {
    name: 'rotation',
    async act(pid, { cwd }) {
      const log = join(cwd, 'runner.log')
      const before = statSync(log).ino
      process.kill(pid, 'SIGUSR1')
      const isDone = (): boolean => statSync(log).ino !== before && !existsSync(`${log}.new`)
      await waitFor(log, () => !isAlive(pid) || isDone() || undefined)
    },
  },
  {
    name: 'stop',
    async act(pid) {
      process.kill(pid, 'SIGTERM')
      await gone(pid)
    },
  },
]

/** With what to start it; each is killed from the step on where it begins to differ. */
const rows: readonly { name: string; args: readonly string[]; from: RegExp; root?: true }[] = [
  { name: 'a daemon', args: [], from: /open the log/ },
  {
    name: 'a daemon that sheds its privileges',
    args: ['--uid', 'nobody'],
    from: /shed privileges/,
    root: true,
  },
]

for (const { name, args, from, root } of rows) {
  const skip = root && process.getuid?.() !== 0 ? 'needs root' : false
  test(`${name} may be killed at any step of its life, and the next one starts`, {
    skip,
  }, async (t) => {
    const whole = makePlace(t)
    await live(whole, args)
    const steps = readFileSync(whole.list, 'utf8').trimEnd().split('\n')
    const first = steps.findIndex((step) => from.test(step))
    assert.ok(first >= 0 && steps.some((step) => step.endsWith(' stop')), steps.join('\n'))
    const numbers = steps.map((_, index) => index + 1).slice(first)
    const work = numbers[Symbol.iterator]()
    const worker = async (): Promise<void> => {
      for (const number of work) {
        try {
          await dieAt(t, number, args)
        } catch (error) {
          throw new Error(`killed before ${steps[number - 1]}`, { cause: error })
        }
      }
    }
    await Promise.all([worker(), worker(), worker()])
  })
}

async function dieAt(t: TestContext, number: number, args: readonly string[]): Promise<void> {
  const place = makePlace(t)
  await live({ ...place, env: { ...place.env, KILL_AT: String(number) } }, args)
  const reached = readFileSync(place.list, 'utf8').trimEnd().split('\n').length
  assert.equal(reached, number, 'it was not killed there')
  await waitFor('/proc', () => (processesIn(place.cwd).length === 0 ? true : undefined))
  await live({ ...place, env: { ...place.env, NODE_OPTIONS: '' } }, args, 0)
  await waitFor('/proc', () => (processesIn(place.cwd).length === 0 ? true : undefined))
  const left = readdirSync(place.cwd, { recursive: true, encoding: 'utf8' })
  // Without its privileges it can't remove its entry, which whoever reads it next does.
  const entry = args.includes('--uid') ? '|run/\\d+' : ''
  const known = new RegExp(`^(tmp|run${entry}|\\.cache.*|trace|list|runner\\.log(\\.\\d+)?)$`)
  assert.deepEqual(
    left.filter((path) => !known.test(path)),
    [],
  )
}

function makePlace(t: TestContext): Place {
  const cwd = tempDir(t)
  // For whoever it becomes, who may read here and not write.
  chmodSync(cwd, 0o755)
  for (const dir of ['tmp', 'run']) mkdirSync(join(cwd, dir))
  chmodSync(join(cwd, 'tmp'), 0o1777)
  chmodSync(join(cwd, 'run'), 0o700)
  const [list, trace] = [join(cwd, 'list'), join(cwd, 'trace')]
  for (const file of [list, trace]) {
    writeFileSync(file, '')
    chmodSync(file, 0o666)
  }
  const env = {
    RUNNER_PLUGIN_PATH: join(fixtures, 'ending'),
    RUNNER_TRACE: trace,
    RUNNER_RUNTIME_DIR: join(cwd, 'run'),
    TMPDIR: join(cwd, 'tmp'),
    NODE_OPTIONS: `--require ${preload}`,
    KILL_LOG: list,
    KILL_ROOT: cwd,
  }
  return { cwd, list, env }
}

/** Starts it and takes it through the phases, as far as it lives. */
async function live(place: Place, args: readonly string[], expected?: number): Promise<void> {
  const { cwd, env } = place
  const { status, stderr } = await runner([...args, 'ending'], { cwd, env })
  if (expected !== undefined) assert.equal(status, expected, stderr)
  if (status !== 0) return
  const pid = Number(readFileSync(join(cwd, 'runner.pid'), 'utf8'))
  for (const { act } of phases) if (isAlive(pid)) await act(pid, place)
}

/** Of the daemon of this directory, or left by it: all have its environment or stand in it. */
function processesIn(cwd: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`KILL_ROOT=${cwd}`) && isAlive(pid)
      )
    } catch {
      return false
    }
  })
}
