import type { Clock, Succession } from 'runnerd'
import type { Admission } from './admission.ts'
import type { Programs } from './programs.ts'

/** What the services of one file have in common. */
export interface Shared {
  readonly programs: Programs
  readonly admission: Admission
  /** How often a program may be started in a minute, where its line doesn't say; 0 for any number. */
  readonly rate: number
  /** After how many seconds of silence an internal service hangs up; 0 for never. */
  readonly timeout: number
  /** Whether programs get all of runner's environment. */
  readonly environment: boolean
  /** The UDP ports of internal services, which none of them answers to. */
  readonly ports: Set<number>
  /** What programs that get a socket wait for, so that a reload never has two of them. */
  readonly succession: Succession
  readonly clock?: Clock | undefined
}
