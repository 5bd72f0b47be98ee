import type { OptionsSpec } from '@runnerd/options'
import { containerOptions } from '../export-containers/container-options.ts'

/** What only this engine takes. */
export const dockerfileOptions: OptionsSpec = {
  image: { type: 'string', describe: 'What to call the image. [default: its name]' },
  base: {
    type: 'string',
    default: 'node:24-slim',
    describe: 'The image that has Node, to build on and to run on.',
  },
  'runtime-base': {
    type: 'string',
    describe: 'Another one to run on, with Node and no npm. [default: that of --base]',
  },
  secret: containerOptions.secret,
}

/** Their values. */
export interface DockerfileValues {
  readonly image?: string
  readonly base: string
  readonly 'runtime-base'?: string
  readonly secret?: readonly string[]
}
