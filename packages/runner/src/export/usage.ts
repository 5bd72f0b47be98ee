import type { OptionsSpec } from '@runnerd/options'
import { composeOptions } from '../export-compose/compose-options.ts'
import { dockerfileOptions } from '../export-dockerfile/dockerfile-options.ts'
import { kubernetesOptions } from '../export-kubernetes/kubernetes-options.ts'
import { systemdOptions } from '../export-systemd/systemd-options.ts'

/** What one engine takes: for its help, for completion, and to be parsed by. */
export interface EngineUsage {
  readonly describe: string
  readonly options: OptionsSpec
}

/** What every engine takes. */
const common: OptionsSpec = {
  name: { type: 'string', describe: "What to call it. [default: the plugin's name]" },
  user: { type: 'string', describe: 'The user to run as, by name or number.' },
  out: {
    alias: 'o',
    type: 'string',
    normalize: true,
    describe: 'Write the files into this directory, over those of before.',
  },
  'parse-only': {
    type: 'boolean',
    describe: 'Only read the options: what they name is not on this machine.',
  },
}

export type EngineName = 'systemd' | 'compose' | 'kubernetes' | 'dockerfile'

export const engineUsage: { readonly [name in EngineName]: EngineUsage } = {
  systemd: {
    describe: 'A service unit of systemd, and a socket unit if that is asked for.',
    options: { ...common, ...systemdOptions },
  },
  compose: {
    describe: 'A file for docker compose, and for a stack of Docker Swarm.',
    options: { ...common, ...composeOptions },
  },
  kubernetes: {
    describe: 'A Deployment, its Service and what belongs to them.',
    options: { ...common, ...kubernetesOptions },
  },
  dockerfile: {
    describe: 'What builds an image of the project in this directory.',
    options: { ...common, ...dockerfileOptions },
  },
}

export const engineNames = Object.keys(engineUsage) as readonly EngineName[]

export function isEngine(word: string | undefined): word is EngineName {
  return word !== undefined && Object.hasOwn(engineUsage, word)
}
