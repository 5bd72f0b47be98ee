import type { OptionsSpec } from '@runnerd/options'

/** What `runner passwd` takes: for its help, for completion, and to be parsed by. */
export const passwdUsage: {
  readonly usage: string
  readonly describe: string
  readonly options: OptionsSpec
} = {
  usage: 'runner passwd [options] FILE NAME',
  describe:
    "Sets the password of the user NAME in the password file FILE, which is made if it isn't " +
    'there. Asks for it twice on a terminal, else reads one line of standard input.',
  options: {
    delete: { alias: 'D', type: 'boolean', describe: 'Remove the user.' },
  },
}
