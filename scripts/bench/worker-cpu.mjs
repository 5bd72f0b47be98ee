import { readFileSync } from 'node:fs'
import { answering, cpuOf, fetchPoems } from './poems.mjs'
import { endServer, inTurn, startServer } from './timing.mjs'

const POEMS = 10_000
const AT_A_TIME = 64

/**
 * What a poem costs all processes of workers together, beside as many daemons that
 * have a port each, and nothing in common but the machine: caches and processors are
 * shared by both, so that what workers cost beyond is what keeps them from growing
 * with processors. A client that takes all of one can't show it by poems a second.
 *
 * @param start spawns one; is given options of runner's, and the port
 * @param ports that are free
 */
export async function workerCPU(start, ports, turns) {
  const crew = (count) => cpuPerPoem([start(['--workers', String(count)], ports[0])], [ports[0]])
  const apart = (count) => {
    const used = ports.slice(0, count)
    const own = (port) => ['--pidfile', `${port}.pid`, '--logfile', `${port}.log`]
    return cpuPerPoem(
      used.map((port) => start(own(port), port)),
      used,
    )
  }
  const medians = await inTurn(turns, {
    one: crew(1),
    two: crew(2),
    four: crew(4),
    twoApart: apart(2),
    fourApart: apart(4),
  })
  const { one, two, four, twoApart, fourApart } = medians
  const row = (count, value) => ({
    what: `server CPU per poem, ${count} workers`,
    unit: 'µs',
    value,
  })
  return [
    { ...row(2, two), against: '1 worker', base: one },
    { ...row(2, two), against: '2 daemons', base: twoApart, target: 1.1 },
    { ...row(4, four), against: '1 worker', base: one },
    { ...row(4, four), against: '4 daemons', base: fourApart, target: 1.1 },
  ]
}

/** Of all processes that the starts lead to, while clients come to all ports. */
function cpuPerPoem(starts, ports) {
  return async () => {
    const wait = (_, index) => startServer(starts[index], () => answering(ports[index]))
    const children = await Promise.all(starts.map(wait))
    const pids = children.flatMap(({ pid }) => [pid, ...childrenOf(pid)])
    const used = () => pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
    await fetchFromAll(ports, POEMS / 2)
    const before = used()
    await fetchFromAll(ports, POEMS)
    const each = (used() - before) / POEMS
    await Promise.all(children.map(endServer))
    return each
  }
}

async function fetchFromAll(ports, count) {
  const share = (all) => all / ports.length
  await Promise.all(ports.map((port) => fetchPoems(port, share(count), share(AT_A_TIME))))
}

/** The processes that a process has started. */
export function childrenOf(pid) {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean)
}
