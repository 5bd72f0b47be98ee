import type { Readable } from 'node:stream'
import type { Watching } from '../monitor/watching.ts'
import type { RunStatus } from './run-status.ts'

/** What a daemon does when it is told to by its control socket; each may throw. */
export interface Controlled extends Inspectable {
  status(): RunStatus | Promise<RunStatus>

  /** What is shown to who only looks. */
  watching(): Promise<Pick<Watching, 'page'>>

  /** Stops all services in order; the process ends when it has been told. */
  stop(): Promise<StopReport>

  /** How long nothing may be heard of this process when it stops, in seconds. */
  readonly silence: number

  /** Replaces this generation; resolves when the new one serves. */
  reload?(): Promise<ReloadReport>

  readonly log?: LogControl
}

/** What a process lets others see of itself, or of one of its workers. */
export interface Inspectable {
  /** Opens the inspector, on loopback; once it is open it stays so. */
  debug(worker?: number): { readonly url: string } | Promise<{ readonly url: string }>

  /** Records what the processor does. @returns a .cpuprofile, which is JSON */
  profile(seconds: number, signal: AbortSignal, worker?: number): Promise<string>

  /** A snapshot of the heap, which stops the process while it is taken. */
  heap(worker?: number): Readable | Promise<Readable>
}

export interface StopReport {
  /** The services that had not stopped in time, or when the process was made to exit. */
  readonly late: readonly string[]
  /** What the process is about to end with: 0 unless something went wrong. */
  readonly status: number
}

export interface ReloadReport {
  readonly pid: number
  readonly generation: number
}

/** The log's settings as JSON. */
export interface LogControl {
  get(): object
  /** Changes those that are given. @returns all of them */
  put(settings: Readonly<Record<string, unknown>>): object | Promise<object>
}
