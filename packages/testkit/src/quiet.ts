import { setImmediate as nextTurn } from 'node:timers/promises'
import { newResources, type Traces } from './traces.ts'

/** How long what is being closed may take, in ms. Nothing waits for it where all goes well. */
const GRACE = 2000

let onDrained: (() => void) | undefined

/**
 * Calls `stuck` if the event loop has nothing left to do though nobody asked for
 * that: what is awaited then never comes.
 */
export function watchLoop(stuck: () => void): void {
  process.on('beforeExit', () => {
    if (onDrained === undefined) return stuck()
    // The loop needs something to do in order to go on.
    setImmediate(onDrained)
    onDrained = undefined
  })
}

/**
 * Waits a few turns of the event loop, in which what was closed is gone, and for
 * the requests that are under way: reading a file ends by itself.
 */
export async function settled(before: Pick<Traces, 'resources'>): Promise<void> {
  const began = Date.now()
  for (let turn = 0; turn < 5; turn += 1) await nextTurn()
  while (newResources(before).some(isRequest) && Date.now() - began < GRACE) await nextTurn()
}

function isRequest(type: string): boolean {
  return type.includes('Req')
}

/** Waits until the event loop has nothing left to do, or for the grace time if it has. */
export function drained(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GRACE)
    timer.unref()
    onDrained = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}
