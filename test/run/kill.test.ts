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
import { noOtherUser } from '../helpers/other-user.ts'
import { fixtures } from '../helpers/paths.ts'
import { gone, isAlive, runner, send } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const preload = join(fixtures, 'kill', 'kill-at.cjs')

/** A daemon's directory, and what it is run with. */
interface Place {
  readonly cwd: string
  /** All that was done, one a line: by whom, its number, what. */
  readonly list: string
  readonly env: NodeJS.ProcessEnv
}

/** Something that a daemon goes through, to the end or until it is killed. */
type Phase = (pid: number, place: Place) => Promise<void>

const rotation: Phase = async (pid, { cwd }) => {
  const log = join(cwd, 'runner.log')
  const before = statSync(log).ino
  process.kill(pid, 'SIGUSR1')
  const isDone = (): boolean => statSync(log).ino !== before && !existsSync(`${log}.new`)
  await waitFor(log, () => !isAlive(pid) || isDone() || undefined)
}

/** Until the old process is gone, or says that it stays. */
const reload: Phase = async (pid, { cwd }) => {
  const log = join(cwd, 'runner.log')
  process.kill(pid, 'SIGHUP')
  const hasFailed = (): boolean => readFileSync(log, 'utf8').includes('cannot reload')
  await waitFor(log, () => !isAlive(pid) || hasFailed() || undefined)
}

const stop: Phase = async (pid) => {
  process.kill(pid, 'SIGTERM')
  await gone(pid)
}

interface Row {
  readonly name: string
  readonly args: readonly string[]
  /** Each begins when the one before has ended, with whom the pid file then names. */
  readonly phases: readonly Phase[]
  /** Where it begins to differ from the rows before. */
  readonly from: RegExp
  /** Whose steps they are; all are meant if nothing is said. */
  readonly who?: RegExp
  /** What the next one goes through, which clears away what a phase may leave to it. */
  readonly after: readonly Phase[]
  readonly root?: true
}

const rows: readonly Row[] = [
  {
    name: 'a daemon',
    args: [],
    phases: [rotation, stop],
    from: /open the log/,
    after: [rotation, stop],
  },
  {
    name: 'a daemon that sheds its privileges',
    args: ['--uid', 'nobody'],
    phases: [rotation, stop],
    from: /shed privileges/,
    after: [rotation, stop],
    root: true,
  },
  {
    name: 'either generation of a reload',
    args: [],
    phases: [reload, stop],
    from: /spawn/,
    after: [stop],
  },
  {
    name: 'the first process of one with workers',
    args: ['--workers', '2'],
    phases: [rotation, stop],
    from: /spawn/,
    who: /^first /,
    after: [rotation, stop],
  },
  {
    name: 'a worker',
    args: ['--workers', '1'],
    phases: [rotation, stop],
    from: /spawn/,
    who: /^next /,
    after: [rotation, stop],
  },
]

for (const row of rows) {
  const skip = row.root === true && noOtherUser
  test(`${row.name} may be killed at any step, and the next start succeeds`, {
    skip,
  }, async (t) => {
    const whole = makePlace(t)
    await live(whole, row.args, row.phases)
    const steps = stepsIn(whole)
    const from = steps.findIndex((step) => row.from.test(step))
    assert.ok(from >= 0 && steps.some((step) => step.endsWith(' stop')), steps.join('\n'))
    const killed = steps.slice(from).filter((step) => row.who?.test(step) ?? true)
    const work = killed[Symbol.iterator]()
    const worker = async (): Promise<void> => {
      for (const step of work) {
        try {
          await dieAt(t, step.split(' ', 2).join(' '), row)
        } catch (error) {
          throw new Error(`killed before ${step}`, { cause: error })
        }
      }
    }
    await Promise.all(Array.from({ length: 6 }, worker))
  })
}

async function dieAt(t: TestContext, at: string, { args, phases, after }: Row): Promise<void> {
  const place = makePlace(t)
  await live({ ...place, env: { ...place.env, KILL_AT: at } }, args, phases)
  const reached = stepsIn(place).filter((step) => step.startsWith(at.split(' ')[0] as string))
  assert.ok(reached.at(-1)?.startsWith(`${at} `), `it was not killed there: ${reached.at(-1)}`)
  await waitFor('/proc', () => (processesIn(place.cwd).length === 0 ? true : undefined))
  await live({ ...place, env: { ...place.env, NODE_OPTIONS: '' } }, args, after, 0)
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

function stepsIn({ list }: Place): string[] {
  return readFileSync(list, 'utf8').trimEnd().split('\n')
}

function makePlace(t: TestContext): Place {
  const cwd = tempDir(t)
  t.after(() => {
    for (const pid of processesIn(cwd)) send(pid, 'SIGKILL')
  })
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
async function live(
  place: Place,
  args: readonly string[],
  phases: readonly Phase[],
  expected?: number,
): Promise<void> {
  const { cwd, env } = place
  const { status, stderr } = await runner([...args, 'ending'], { cwd, env })
  if (expected !== undefined) assert.equal(status, expected, stderr)
  if (status !== 0) return
  for (const phase of phases) {
    const pid = servingIn(cwd)
    if (pid !== undefined) await phase(pid, place)
  }
}

function servingIn(cwd: string): number | undefined {
  const pidfile = join(cwd, 'runner.pid')
  const pid = existsSync(pidfile) ? Number(readFileSync(pidfile, 'utf8')) : undefined
  return pid !== undefined && isAlive(pid) ? pid : undefined
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
