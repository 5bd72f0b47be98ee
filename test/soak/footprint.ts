import { readdirSync, readFileSync } from 'node:fs'

/** What a daemon has of the machine, all its processes together. */
export interface Footprint {
  /** Memory in use, in MB. */
  readonly memory: number
  readonly descriptors: number
}

/** @see proc(5) */
export function footprintOf(pids: readonly number[]): Footprint {
  let memory = 0
  let descriptors = 0
  for (const pid of pids) {
    try {
      const [, kilobytes] =
        /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      const open = readdirSync(`/proc/${pid}/fd`).length
      memory += Number(kilobytes ?? 0) / 1024
      descriptors += open
    } catch {
      // It has ended meanwhile.
    }
  }
  return { memory, descriptors }
}

/** The median of what was seen, which a reload in the middle doesn't move. */
export function typical(seen: readonly Footprint[]): Footprint {
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0
  return {
    memory: Math.round(median(seen.map(({ memory }) => memory))),
    descriptors: median(seen.map(({ descriptors }) => descriptors)),
  }
}
