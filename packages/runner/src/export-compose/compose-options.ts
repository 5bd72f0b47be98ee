import type { OptionsSpec } from '@runnerd/options'
import { type ContainerValues, containerOptions } from '../export-containers/container-options.ts'

/** What only this engine takes. */
export const composeOptions: OptionsSpec = {
  image: { type: 'string', describe: 'The image that is run. [default: its name]' },
  replicas: { type: 'number', default: 1, describe: 'How many of it.' },
  publish: {
    type: 'boolean',
    default: true,
    describe: 'Publish its ports; without, only other services of the stack reach it.',
  },
  'endpoint-mode': {
    choices: ['vip', 'dnsrr'],
    default: 'vip',
    describe: 'Give it one address in Swarm, or (dnsrr) one for each of its tasks.',
  },
  memory: { type: 'string', default: '512M', describe: 'How much of it each may have.' },
  cpus: { type: 'number', default: 1, describe: 'For how many processors each has time.' },
  'probe-interval': {
    type: 'number',
    default: 5,
    describe: 'Seconds between two looks at its health.',
  },
  ...containerOptions,
}

/** Their values. */
export interface ComposeValues extends ContainerValues {
  readonly image?: string
  readonly replicas: number
  readonly publish: boolean
  readonly 'endpoint-mode': 'vip' | 'dnsrr'
  readonly memory: string
  readonly cpus: number
  readonly 'probe-interval': number
}
