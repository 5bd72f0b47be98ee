import type { OptionsSpec } from '@runnerd/options'
import { type ContainerValues, containerOptions } from '../export-containers/container-options.ts'

/** What only this engine takes. */
export const kubernetesOptions: OptionsSpec = {
  image: { type: 'string', describe: 'The image that is run. [default: its name]' },
  namespace: { type: 'string', describe: "The namespace. [default: that of kubectl's context]" },
  replicas: { type: 'number', default: 1, describe: 'How many of it, at least.' },
  'max-replicas': {
    type: 'number',
    describe: 'How many at most: as many as keep --cpu-target.',
  },
  'cpu-target': {
    type: 'number',
    default: 70,
    describe: 'Percent of the requested processor time, for --max-replicas.',
  },
  cpu: { type: 'string', default: '100m', describe: 'How much processor time each requests.' },
  memory: { type: 'string', default: '512Mi', describe: 'How much of it each may have.' },
  'service-monitor': {
    type: 'boolean',
    describe: 'Have the operator of Prometheus collect its metrics.',
  },
  ...containerOptions,
}

/** Their values. */
export interface KubernetesValues extends ContainerValues {
  readonly image?: string
  readonly namespace?: string
  readonly replicas: number
  readonly 'max-replicas'?: number
  readonly 'cpu-target': number
  readonly cpu: string
  readonly memory: string
  readonly 'service-monitor'?: boolean
}
