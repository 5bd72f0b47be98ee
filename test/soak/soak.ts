import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pick, randomFrom } from '../plugin/fuzz/random.ts'
import { atRest } from './at-rest.ts'
import { BURDENING, type Fault, REPLACING, type Victim } from './faults.ts'
import { type Footprint, footprintOf, typical } from './footprint.ts'
import { Requests } from './requests.ts'
import { Soaked, until } from './soaked.ts'

/** How long, with what, and how often at most. */
export interface SoakPlan {
  readonly seconds: number
  readonly seed: number
  readonly workers: number
  /** Of faults, in all. */
  readonly count: number
}

/** What came of it. */
export interface SoakReport {
  readonly faults: Readonly<Record<string, number>>
  readonly answered: number
  readonly excused: number
  readonly footprints: readonly [first: Footprint, last: Footprint]
  readonly quiet: readonly [before: Footprint, after: Footprint]
  /** What could not be done here, and why. */
  readonly left: readonly string[]
  /** A line each; none when all is well. */
  readonly wrong: readonly string[]
}

/** How much more there may be in the last third than in the first: what is not given back at once. */
const SLACK = { memory: 60, descriptors: 30 }
/** How much more there may be after it all than before: code that has run by then, and its caches. */
const REST_SLACK = { memory: 30, descriptors: 10 }
const GROWTH = 1.3

/** Runs a daemon for so long, under load, with faults at random. */
export async function soak(plan: SoakPlan): Promise<SoakReport> {
  const soaked = await Soaked.start(plan.workers)
  try {
    return await soakedFor(soaked, plan)
  } finally {
    await soaked.end()
  }
}

async function soakedFor(soaked: Soaked, plan: SoakPlan): Promise<SoakReport> {
  const wrong: string[] = []
  const faults: Record<string, number> = {}
  const seen: Footprint[] = []
  const before = await atRest(soaked)
  const requests = new Requests(soaked.poem, soaked.http)
  const end = performance.now() + plan.seconds * 1000
  const isOver = (): boolean => performance.now() >= end || sum(faults) >= plan.count

  const lane = async (of: Readonly<Record<string, Fault>>, seed: number): Promise<void> => {
    const victim: Victim = { soaked, requests, random: randomFrom(seed) }
    while (!isOver()) {
      const what = pick(victim.random, Object.keys(of))
      try {
        await of[what]!(victim)
        faults[what] = (faults[what] ?? 0) + 1
      } catch (error) {
        wrong.push(`${what}: ${(error as Error).message}`)
      }
      await sleep(victim.random() * 1500)
    }
  }
  const watch = async (): Promise<void> => {
    for (; !isOver(); await sleep(500)) seen.push(footprintOf(soaked.processes()))
  }
  const { 'a full disk': fullDisk, ...others } = BURDENING
  const burdening = soaked.disk.reason === undefined ? BURDENING : others
  await Promise.all([lane(REPLACING, plan.seed), lane(burdening, plan.seed + 1), watch()])
  await requests.stop()
  wrong.push(...requests.lost)

  let after = before
  try {
    await until('the old generations have gone', async () => isSettled(soaked, plan.workers))
    after = await atRest(soaked)
  } catch (error) {
    wrong.push((error as Error).message)
  }
  const third = Math.ceil(seen.length / 3)
  const footprints = [typical(seen.slice(0, third)), typical(seen.slice(-third))] as const
  wrong.push(...grown(footprints, SLACK), ...grown([before, after], REST_SLACK))
  wrong.push(...(await ended(soaked)))
  if (wrong.length > 0) wrong.push(`its log ends with\n${soaked.lastLines()}`)
  const { answered, excused } = requests
  const left = soaked.disk.reason === undefined ? [] : [`a full disk: ${soaked.disk.reason}`]
  return { faults, answered, excused, footprints, quiet: [before, after], left, wrong }
}

async function isSettled(soaked: Soaked, workers: number): Promise<boolean> {
  const { leaving = [], connections } = await soaked.status()
  return leaving.length === 0 && connections.open === 0 && soaked.processes().length === workers + 1
}

function grown([first, last]: readonly [Footprint, Footprint], slack: Footprint): string[] {
  return (['memory', 'descriptors'] as const)
    .filter((what) => last[what] > first[what] * GROWTH + slack[what])
    .map((what) => `${what} has grown from ${first[what]} to ${last[what]}`)
}

/** Stops it, and looks at what it leaves. */
async function ended(soaked: Soaked): Promise<string[]> {
  const { status, stderr } = await soaked.runner(['stop'])
  await until('all its processes have gone', () => soaked.processes().length === 0)
  const wrong = status === 0 ? [] : [`runner stop ended with ${status}: ${stderr}`]
  const left = ['runner.pid', 'runner.sock'].filter((name) => existsSync(join(soaked.cwd, name)))
  if (left.length > 0) wrong.push(`it left ${left.join(' and ')}`)
  const log = existsSync(soaked.log) ? readFileSync(soaked.log, 'utf8') : ''
  if (!/Server Shut Down\.\n$/.test(log)) wrong.push('its log does not end with its end')
  const logs = join(soaked.cwd, 'log')
  for (const name of readdirSync(logs)) {
    const text = readFileSync(join(logs, name), 'utf8')
    wrong.push(...(text.match(/^.*(?:Unhandled|Uncaught|at \S+ \(file:).*$/gm) ?? []))
  }
  return wrong
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
