import type { PipeHandle } from './control/bind-control.ts'
import type { Ancestor, GenerationChannel, Reloaded } from './generation-channel.ts'
import type { Keeper } from './keeper.ts'
import type { PidFile } from './pid-file.ts'
import type { StopSignal } from './stop-signals.ts'
import type { CrewRole, WorkerRole } from './workers/roles.ts'

/** What a run has from the generation before it. */
export interface Inheritance {
  /** 1 in the first, one more with each reload. */
  readonly generation: number
  /** The environment of the first, before a plugin could change it. */
  readonly environment: NodeJS.ProcessEnv
  /** `undefined` where it is to be claimed. */
  readonly pidFile: PidFile | undefined
  /** Who does what privileges are needed for. */
  readonly keeper: Keeper | undefined
  /** The first process of a foreground run, which conducts the reloads of all; else `undefined`. */
  readonly parent: GenerationChannel | undefined
  /** Resolves when the one before it is gone; at once for the first. */
  readonly predecessorGone: Promise<void>
  /** Those that were succeeded and still drain. */
  ancestors(): readonly Ancestor[]
  /** Has the one before it stop, and those before that. @throws an error if it can't be told */
  stopPredecessor(signal: StopSignal): Promise<void>
  /** What is otherwise in the process that starts workers, and in a worker. */
  readonly crew?: CrewRole
  readonly worker?: WorkerRole
  /** The run exists; from now on it may be told these things. */
  attach(run: AttachedRun): void
}

/** What the others may want of a run. */
export interface AttachedRun {
  /**
   * Its whole tree has started, and it is the one that the pid file names from now on.
   *
   * @param control the control socket, if there is one
   */
  takeOver(control: PipeHandle | undefined): Promise<void>
  readonly pidFile: PidFile | undefined
  /** The control socket, where there is one. */
  readonly control: PipeHandle | undefined
  /** It is succeeded, and drains and ends. Twice does nothing. */
  retire(): void
  /** It stops as by this signal, though it may have got that as well; twice ends it at once. */
  stopBy(signal: StopSignal): void
  reload(): Promise<Reloaded>
  /** Whoever started it is gone, and it is to end: its ports are closed at once. */
  leavePorts(): void
}

/** A run that nothing was before. */
export function firstGeneration(): Inheritance {
  return {
    generation: 1,
    environment: { ...process.env },
    pidFile: undefined,
    keeper: undefined,
    parent: undefined,
    predecessorGone: Promise.resolve(),
    ancestors: () => [],
    stopPredecessor: async () => {},
    attach() {},
  }
}
