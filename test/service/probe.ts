import { MultiService, Service } from '@runnerd/service'

/** How one service behaves. */
export interface Plan {
  readonly failPrivileged?: boolean
  readonly failStart?: boolean
  readonly failStop?: boolean
  /** How many turns of the event loop each call takes; none: it does not even return a promise. */
  readonly turns?: number
}

type State = 'stopped' | 'preparing' | 'prepared' | 'starting' | 'started' | 'failed' | 'stopping'

/**
 * A service that writes down what is called, and finds fault with a call that
 * the contract of IService does not allow in the state it is in.
 */
export class Probe extends Service {
  readonly label: string
  readonly plan: Plan
  readonly trace: string[]
  readonly faults: string[] = []
  state: State = 'stopped'
  starts = 0
  stops = 0

  constructor(label: string, trace: string[] = [], plan: Plan = {}) {
    super()
    this.label = label
    this.trace = trace
    this.plan = plan
  }

  override privilegedStartService(): void | Promise<void> {
    this.#expect('privilegedStartService', 'stopped')
    this.state = 'preparing'
    return this.#take('privileged', this.plan.failPrivileged, 'prepared')
  }

  override startService(): void | Promise<void> {
    this.#expect('startService', 'stopped', 'prepared')
    const parent = this.parent as MultiService | undefined
    if (parent?.running !== true) this.faults.push('started under a stopped parent')
    super.startService()
    this.state = 'starting'
    return this.#take('start', this.plan.failStart, 'started')
  }

  override stopService(): void | Promise<void> {
    this.#expect('stopService', 'started')
    super.stopService()
    this.state = 'stopping'
    this.stops += 1
    return this.#take('stop', this.plan.failStop, 'stopped')
  }

  override undoStart(): void {
    this.#expect('undoStart', 'prepared', 'failed')
    super.undoStart()
    this.state = 'stopped'
    this.trace.push(`undo ${this.label}`)
  }

  #expect(call: string, ...states: State[]): void {
    if (!states.includes(this.state)) this.faults.push(`${call} while ${this.state}`)
  }

  #take(word: string, fails: boolean | undefined, next: State): void | Promise<void> {
    this.trace.push(`${word} ${this.label}`)
    const { turns = 0 } = this.plan
    if (turns === 0) return this.#finish(word, fails, next)
    return eventLoopTurns(turns).then(() => this.#finish(word, fails, next))
  }

  #finish(word: string, fails: boolean | undefined, next: State): void {
    this.state = fails && word !== 'stop' ? 'failed' : next
    if (fails) throw new Error(`${word} of ${this.label} fails`)
    if (word === 'start') this.starts += 1
    this.trace.push(
      `${word === 'stop' ? 'stopped' : `${word}${word.endsWith('d') ? '-done' : 'ed'}`} ${this.label}`,
    )
  }
}

export async function eventLoopTurns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve))
}

/** A MultiService with a probe of each name in it, and what happens to them. */
export function treeOf(
  plans: Readonly<Record<string, Plan>>,
): [top: MultiService, trace: string[], probes: Record<string, Probe>] {
  const top = new MultiService()
  const trace: string[] = []
  const probes: Record<string, Probe> = {}
  for (const [label, plan] of Object.entries(plans)) {
    const probe = new Probe(label, trace, plan)
    probe.setName(label)
    probe.setServiceParent(top)
    probes[label] = probe
  }
  return [top, trace, probes]
}

/** A promise and what settles it, for a service that waits until the test says so. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open!: () => void
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}
