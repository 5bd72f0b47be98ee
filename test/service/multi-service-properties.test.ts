import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type IService, MultiService } from '@runnerd/service'
import fc from 'fast-check'
import { eventLoopTurns, type Plan, Probe } from './probe.ts'

const CODES = ['ERR_SERVICE_NAME_TAKEN', 'ERR_SERVICE_CYCLE', 'ERR_SERVICE_STOPPED']

const plan: fc.Arbitrary<Plan> = fc.record({
  failPrivileged: rarely(),
  failStart: rarely(),
  failStop: rarely(),
  turns: fc.integer({ min: 0, max: 3 }),
})

function rarely(): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 7 }).map((n) => n === 0)
}

/** A node goes under one of the collections before it; the first is the top. */
const tree = fc.array(
  fc.record({ under: fc.nat(), collection: fc.boolean(), named: fc.nat({ max: 3 }), plan }),
  { minLength: 1, maxLength: 12 },
)

type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never

const operation = fc.record({
  does: fc.constantFrom('start', 'stop', 'privileged', 'move', 'remove', 'wait'),
  which: fc.nat(),
  to: fc.nat(),
  awaited: fc.boolean(),
})

interface Grown {
  readonly nodes: (Probe | MultiService)[]
  readonly collections: MultiService[]
  readonly probes: Probe[]
}

function grow(
  plans: readonly { under: number; collection: boolean; named: number; plan: Plan }[],
): Grown {
  const collections = [new MultiService()]
  const nodes: (Probe | MultiService)[] = []
  const probes: Probe[] = []
  const trace: string[] = []
  for (const [index, { under, collection, named, plan }] of plans.entries()) {
    const parent = collections[under % collections.length]!
    const node = collection ? new MultiService() : new Probe(`${index}`, trace, plan)
    // Few names, so that they collide when nodes are moved; each its own to begin with.
    node.setName(named === 0 ? 'x' : `${index}`)
    try {
      node.setServiceParent(parent)
    } catch {
      node.setName(`${index}`)
      node.setServiceParent(parent)
    }
    nodes.push(node)
    if (node instanceof MultiService) collections.push(node)
    else probes.push(node)
  }
  return { nodes, collections, probes }
}

function shape({ collections, nodes }: Grown): unknown[] {
  return [...collections.map((each) => [...each]), ...nodes.map((node) => node.parent)]
}

function faultsOf({ probes }: Grown): string[] {
  return probes.flatMap((probe) => probe.faults.map((fault) => `${probe.label}: ${fault}`))
}

/** Throws what a contract would not let through; failures of plans are part of the game. */
function expected(error: unknown): void {
  if (error instanceof AggregateError) error.errors.forEach(expected)
  else if (CODES.includes((error as { code: string }).code)) return
  else assert.match(String(error), /of \d+ fails/)
}

async function perform(grown: Grown, operations: readonly Operation[]): Promise<void> {
  const pending: Promise<void>[] = []
  for (const { does, which, to, awaited } of operations) {
    const node = grown.nodes[which % grown.nodes.length]!
    const parent = grown.collections[to % grown.collections.length]!
    const top = grown.collections[0]!
    if (does === 'move' && turnsTheTreeOver(grown, node, parent)) continue
    const before = shape(grown)
    const act = {
      start: () => top.startService(),
      stop: () => top.stopService(),
      privileged: () => top.privilegedStartService(),
      move: () => node.setServiceParent(parent),
      remove: () => node.disownServiceParent(),
      wait: () => eventLoopTurns(which % 4),
    }[does]
    let settled = Promise.resolve()
    try {
      settled = Promise.resolve(act()).catch(expected)
    } catch (error) {
      expected(error)
      assert.deepEqual(shape(grown), before, 'a refusal changed the trees')
    }
    pending.push(settled)
    if (awaited) await settled
  }
  await Promise.all(pending)
}

/**
 * Whether a collection would come to be under what it was above. While its start
 * is going on it would wait for itself: for the start of its old child, which
 * waits for the stop of its new one.
 */
function turnsTheTreeOver(
  { collections }: Grown,
  node: Probe | MultiService,
  parent: MultiService,
): boolean {
  if (!(node instanceof MultiService)) return false
  for (let above: unknown = parent; above; above = (above as MultiService).parent) {
    if (above === node) return false
  }
  return collections.indexOf(node) < collections.indexOf(parent)
}

function checkRunning({ collections, probes }: Grown): void {
  for (const probe of probes) {
    const parent = probe.parent as MultiService | undefined
    assert.equal(probe.running, probe.state === 'started', probe.label)
    assert.equal(probe.starts - probe.stops, probe.running ? 1 : 0, probe.label)
    assert.ok(!probe.running || parent?.running, `${probe.label} runs under a stopped parent`)
  }
  for (const collection of collections) {
    const above = collection.parent as MultiService | undefined
    assert.ok(!collection.running || above === undefined || above.running)
  }
}

describe('MultiService, of random trees', () => {
  it('MultiService stops each child once for each start, whatever is done meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.array(operation, { maxLength: 20 }), async (plans, operations) => {
        const grown = grow(plans)
        await perform(grown, operations)
        assert.deepEqual(faultsOf(grown), [])
        checkRunning(grown)
        for (const top of grown.collections) {
          if (top.parent === undefined) await top.stopService().catch(expected)
        }
        assert.deepEqual(faultsOf(grown), [])
        for (const probe of grown.probes) {
          assert.deepEqual([probe.state, probe.running], ['stopped', false])
          assert.equal(probe.starts, probe.stops)
        }
        for (const collection of grown.collections) assert.equal(collection.running, false)
      }),
      { numRuns: 500 },
    )
  })

  it('MultiService stops in the reverse order of the start, each awaited, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.boolean(), async (plans, privileged) => {
        const grown = grow(plans)
        const top = grown.collections[0]!
        const trace = grown.probes[0]?.trace ?? []
        let failed = false
        try {
          if (privileged) await top.privilegedStartService()
          await top.startService()
          checkRunning(grown)
        } catch (error) {
          expected(error)
          failed = true
        }
        assert.equal(top.running, !failed)
        await top.stopService().catch(expected)
        const started = labels(trace, 'started')
        assert.deepEqual(labels(trace, 'stop'), started.reverse())
        const calls = trace.filter((line) => /^(start|stop)/.test(line))
        for (const [index, line] of calls.entries()) {
          const [word, label] = line.split(' ')
          // Nobody else's turn comes before this one is over, unless it failed.
          if (word === 'start' && !failed) assert.equal(calls[index + 1], `started ${label}`)
        }
        assert.deepEqual(faultsOf(grown), [])
        checkRunning(grown)
      }),
      { numRuns: 500 },
    )
  })

  it('MultiService.startService starts every child of the tree, in order', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (plans) => {
        const grown = grow(
          plans.map((node) => ({ ...node, plan: { turns: node.plan.turns ?? 0 } })),
        )
        const top = grown.collections[0]!
        await top.startService()
        assert.deepEqual(labels(grown.probes[0]?.trace ?? [], 'started'), leavesOf(top))
      }),
    )
  })
})

function labels(trace: readonly string[], word: string): string[] {
  return trace.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
}

function leavesOf(service: IService): string[] {
  if (service instanceof Probe) return [service.label]
  return [...(service as MultiService)].flatMap(leavesOf)
}
