import http from 'node:http'
import { type Footprint, footprintOf } from './footprint.ts'
import { type Soaked, until } from './soaked.ts'

/** What a worker answers when it has collected its garbage. */
interface Kept {
  readonly pid: number
  /** In bytes. */
  readonly kept: number
}

/**
 * What a daemon has that serves nobody: the memory its workers keep, and what their parent has.
 * What the workers have of the machine says little: one that was pressed may have 50 MB more for
 * as long as it lives, which V8 and malloc(3) keep for the next time.
 */
export async function atRest(soaked: Soaked): Promise<Footprint> {
  const { workers = [] } = await soaked.status()
  const kept = new Map(workers.map(({ pid }) => [pid, Number.NaN]))
  await until('every worker has collected its garbage', async () => {
    // Which of them is asked, the kernel chooses.
    const one = await collected(soaked.http)
    kept.set(one.pid, one.kept)
    return ![...kept.values()].includes(Number.NaN)
  })
  const { descriptors } = footprintOf(soaked.processes())
  const parents = footprintOf(soaked.processes().filter((pid) => !kept.has(pid)))
  const bytes = [...kept.values()].reduce((total, one) => total + one, 0)
  return { memory: Math.round(bytes / 2 ** 20 + parents.memory), descriptors }
}

async function collected(port: number): Promise<Kept> {
  return await new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path: '/collect', agent: false }
    const asked = http.get(options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (data) => {
        text += data
      })
      response.on('error', reject).on('close', () => resolve(JSON.parse(text)))
    })
    asked.on('error', reject)
  })
}
