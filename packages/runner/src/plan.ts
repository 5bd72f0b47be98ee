import type { LogSettings } from '@runnerd/logging'
import type { OptionsSpec, OptionVariables } from '@runnerd/options'

/** runner's own options, with paths made absolute and names turned into numbers. */
export interface RunnerSettings {
  readonly nodaemon: boolean
  /** The file to log to; `undefined` is stdout, or what the next two say. */
  readonly logfile: string | undefined
  /** The name under which to log to the syslog daemon; `undefined` if not there. */
  readonly syslog: string | undefined
  /** Somebody else's logger, which goes before all else; `undefined` for none. */
  readonly logger: LoggerSource | undefined
  readonly log: LogSettings
  /** The directory to make the root; `undefined` to leave it. */
  readonly chroot: string | undefined
  /** Where to run: in the new root, where there is to be one. */
  readonly rundir: string
  /** As it is seen from outside a new root; `undefined` for none. */
  readonly pidfile: string | undefined
  readonly umask: number | undefined
  readonly identity: Identity | undefined
  readonly euid: boolean
  readonly originalname: boolean
  /** How many processes are to serve; `undefined` for this one alone. */
  readonly workers: number | undefined
  /** How long one of them may be silent, in seconds; 0 for as long as it likes. */
  readonly workerTimeout: number
  /** Whether to open the inspector. */
  readonly debug: boolean
  /** Where to write a CPU profile of the run; `undefined` for none. */
  readonly profile: string | undefined
  /** The endpoint that health and metrics are told on; `undefined` for none. */
  readonly monitor: string | undefined
  /** How long all serves on when a signal asks for the stop, in seconds. */
  readonly drainDelay: number
  /** Seconds. */
  readonly drainTimeout: number
  /** Seconds. */
  readonly startTimeout: number
  /** Seconds. */
  readonly stopTimeout: number
}

/** What `--logger` names. */
export interface LoggerSource {
  /** As it was given. */
  readonly name: string
  readonly file: string
  readonly export: string
}

/** Whom to run as. */
export interface Identity {
  readonly uid: number | undefined
  readonly gid: number | undefined
  /** For its supplementary groups. */
  readonly user: string | undefined
  /** All its groups, where the system can't be asked for them when they are set. */
  readonly groups?: readonly number[]
}

/** Where the application comes from. */
export type Source =
  | {
      readonly kind: 'plugin'
      readonly tapname: string
      readonly file: string
      readonly export: string
      /** The npm package it is in, if any. */
      readonly package?: { readonly name: string; readonly version: string }
      readonly values: Readonly<Record<string, unknown>>
      /** Which of them came from the environment. */
      readonly variables: OptionVariables
    }
  | { readonly kind: 'tac'; readonly file: string }

/** A dropin's endpoint type that the plugin's options ask for. */
export interface EndpointTypeSource {
  readonly prefix: string
  readonly kind: 'server' | 'client'
  readonly file: string
  readonly export: string
}

/** All that running needs to know. It is JSON: the parent sends it to the daemon. */
export interface Plan {
  readonly settings: RunnerSettings
  readonly source: Source
  readonly launch: Launch
  /** Where plugins are looked for first. */
  readonly pluginPath: readonly string[]
  readonly endpointTypes: readonly EndpointTypeSource[]
  /**
   * For a daemon: the sockets that its parent was started with, and where they are in it.
   * Others have them where they were.
   */
  readonly descriptors?: LentDescriptors
}

/** Descriptors of one process, each with what it is in another. */
export type LentDescriptors = readonly (readonly [descriptor: number, there: number])[]

/** How runner was called: a successor reads it all anew. */
export interface Launch {
  /** The words after the command. */
  readonly args: readonly string[]
  /** From where. */
  readonly cwd: string
  /** The path that the command was started by. */
  readonly startedAs: string | undefined
  readonly umask: number
}

/** How an operator calls what is run. */
export function nameOf(source: Source): string {
  return source.kind === 'plugin' ? source.tapname : source.file
}

/** The options of a plugin whose values are paths. */
export function pathOptions(spec: OptionsSpec): string[] {
  return Object.keys(spec).filter((name) => spec[name]?.normalize === true)
}
