import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/**
 * How many bytes the buffers of this process take when there is no garbage: after so many
 * turns, or as soon as it is little enough.
 */
export async function heldByBuffers(turns: number, enough: number = 0): Promise<number> {
  let bytes = Number.POSITIVE_INFINITY
  // What holds memory outside of the heap is let go of some turns after it was collected.
  for (let turn = 0; turn < turns && bytes >= enough; turn += 1) {
    await setImmediate()
    collect()
    bytes = process.memoryUsage().arrayBuffers
  }
  return bytes
}
