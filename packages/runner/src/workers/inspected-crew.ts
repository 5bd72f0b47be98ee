import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Inspectable } from '../control/controlled.ts'
import { ExitStatus } from '../exit-status.ts'
import type { GenerationChannel } from '../generation-channel.ts'
import { RunnerError } from '../runner-error.ts'
import type { Crew } from './crew.ts'

/** Has one worker looked into, the first if none is named: the first process has nothing to see. */
export class InspectedCrew implements Inspectable {
  readonly #crew: Crew

  constructor(crew: Crew) {
    this.#crew = crew
  }

  async debug(worker?: number): Promise<{ url: string }> {
    return (await this.#channel('debug', worker).ask('debug', undefined)).body
  }

  async profile(seconds: number, _signal: AbortSignal, worker?: number): Promise<string> {
    return (await this.#channel('profile', worker).ask('profile', { seconds })).body
  }

  /** It is too large for a message: the worker writes it, and nobody else sees the file. */
  async heap(worker?: number): Promise<Readable> {
    const channel = this.#channel('take a heap snapshot of', worker)
    const dir = mkdtempSync(join(tmpdir(), 'runner-'))
    const path = join(dir, 'heap')
    const clear = (): void => rmSync(dir, { recursive: true, force: true })
    try {
      await channel.ask('heap', { path })
      return createReadStream(path).on('close', clear)
    } catch (error) {
      clear()
      throw error
    }
  }

  #channel(verb: string, number = 1): GenerationChannel {
    const { slots } = this.#crew
    const current = slots[number - 1]?.current
    const channel = current?.state === 'running' ? current.channel : undefined
    if (channel !== undefined) return channel
    const isThere = number <= slots.length
    const reason = isThere ? 'it does not serve just now' : `there are only ${slots.length}`
    const status = isThere ? ExitStatus.TEMPFAIL : ExitStatus.USAGE
    throw new RunnerError('ERR_UNABLE', status, `cannot ${verb} worker ${number}: ${reason}`)
  }
}
