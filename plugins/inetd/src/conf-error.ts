/** What is wrong with a line of the file. */
export interface Fault {
  readonly line: number
  /** Ends the sentence `cannot use FILE, line N: …`. */
  readonly reason: string
}

/** EX_CONFIG of sysexits, and EX_NOPERM. */
const CONFIG = 78
const NOPERM = 77

/** So many are told, besides the first. A file that is none at all has thousands. */
const MOST = 20

/** The file can't be used: the operator's line names the first fault, the hint the others. */
export class ConfError extends Error {
  override name = 'ConfError'
  readonly code = 'ERR_INETD_CONF'
  readonly exitStatus: number
  declare readonly hint?: string

  /**
   * @param faults - at least one, in the order of the lines
   * @param isForbidden - whether nothing is wrong with the file but who reads it
   */
  constructor(file: string, faults: readonly Fault[], isForbidden = false) {
    const [first, ...others] = faults.toSorted((one, other) => one.line - other.line)
    super(`cannot use ${file}, line ${first?.line}: ${first?.reason}`)
    this.exitStatus = isForbidden ? NOPERM : CONFIG
    const told = others.slice(0, MOST).map(({ line, reason }) => `line ${line}: ${reason}`)
    const left = others.length - told.length
    if (left > 0) told.push(`${left} more`)
    if (told.length > 0) this.hint = told.join('; ')
  }
}
