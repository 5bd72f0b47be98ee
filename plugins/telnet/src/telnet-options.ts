import { DO, DONT, type Verb, WILL, WONT } from './codes.ts'

/** Where one option of one side is; `asked` while the answer hasn't come. */
type State = 'no' | 'asked' | 'yes'

/** Which side has an option: this one, of which DO and DONT tell, or the client. */
export type Side = 'ours' | 'theirs'

/**
 * Which options there are, agreed upon with the client (RFC 855): an offer is taken if
 * the option is known here, and refused otherwise. Only what changes something is
 * answered, so that two who do so come to an end (RFC 1143).
 */
export class TelnetOptions {
  readonly #known: { readonly [side in Side]: ReadonlySet<number> }
  readonly #states = { ours: new Map<number, State>(), theirs: new Map<number, State>() }
  readonly #say: (verb: Verb, option: number) => void
  readonly #changed: (side: Side, option: number, is: boolean) => void

  /**
   * @param known - the options that each side may have
   * @param say - tells the client
   * @param changed - called when an option comes into effect, or out of it
   */
  constructor(
    known: { readonly [side in Side]: readonly number[] },
    say: (verb: Verb, option: number) => void,
    changed: (side: Side, option: number, is: boolean) => void,
  ) {
    this.#known = { ours: new Set(known.ours), theirs: new Set(known.theirs) }
    this.#say = say
    this.#changed = changed
  }

  /** Whether an option is in effect. */
  has(side: Side, option: number): boolean {
    return this.#states[side].get(option) === 'yes'
  }

  /** Offers an option of ours, or asks for one of theirs. */
  ask(side: Side, option: number): void {
    if ((this.#states[side].get(option) ?? 'no') !== 'no') return
    this.#states[side].set(option, 'asked')
    this.#say(side === 'ours' ? WILL : DO, option)
  }

  /** Takes what the client says. */
  hear(verb: Verb, option: number): void {
    const side = verb === DO || verb === DONT ? 'ours' : 'theirs'
    if (verb === DO || verb === WILL) this.#wanted(side, option)
    else this.#refused(side, option)
  }

  #wanted(side: Side, option: number): void {
    const state = this.#states[side].get(option) ?? 'no'
    if (state === 'yes') return
    if (!this.#known[side].has(option)) {
      this.#say(side === 'ours' ? WONT : DONT, option)
      return
    }
    this.#states[side].set(option, 'yes')
    if (state === 'no') this.#say(side === 'ours' ? WILL : DO, option)
    this.#changed(side, option, true)
  }

  #refused(side: Side, option: number): void {
    const state = this.#states[side].get(option) ?? 'no'
    if (state === 'no') return
    this.#states[side].set(option, 'no')
    if (state === 'asked') return
    this.#say(side === 'ours' ? WONT : DONT, option)
    this.#changed(side, option, false)
  }
}
