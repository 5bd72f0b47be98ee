import type { Fault } from './zone-tokens.ts'

/** A fault, and the file that has it. */
export interface FileFault extends Fault {
  readonly path: string
}

/** No more than so many are told: a file that is no zone has one on each line. */
const MOST = 20

/**
 * A zone that can't be served. The operator's line is of its first fault, the hint tells
 * of the others.
 */
export class ZoneError extends Error {
  /** Always `ERR_ZONE_INVALID`. */
  readonly code = 'ERR_ZONE_INVALID'
  /** sysexits' EX_CONFIG. */
  readonly exitStatus = 78
  readonly faults: readonly FileFault[]
  readonly hint: string | undefined

  constructor(faults: readonly FileFault[]) {
    const [first, ...others] = faults
    super(`cannot use zone ${first === undefined ? '' : told(first)}`)
    this.name = 'ZoneError'
    this.faults = faults
    const more = others.length > MOST ? ` and ${others.length - MOST} more` : ''
    this.hint =
      others.length === 0 ? undefined : `also ${others.slice(0, MOST).map(told).join('; ')}${more}`
  }
}

function told({ path, line, reason }: FileFault): string {
  return `${path}:${line}: ${reason}`
}
