import type { OptionSpec } from '@runnerd/options'

/** What every engine takes that runs containers of an image. */
export const containerOptions: { readonly [name in 'secret' | 'writable']: OptionSpec } = {
  secret: {
    type: 'string',
    array: true,
    describe: 'An option of the plugin that names a secret file; may be repeated.',
  },
  writable: {
    type: 'string',
    array: true,
    describe: 'A directory that it may write to, for as long as it runs; may be repeated.',
  },
}

/** Their values. */
export interface ContainerValues {
  readonly secret?: readonly string[]
  readonly writable?: readonly string[]
}
