import { type InferredOptions, listenOptions } from 'runnerd'

/** The options of the plugin. */
export const telnetOptions = {
  ...listenOptions({ port: 2323, maxConnections: 1000, timeout: 3600 }),
  'password-file': {
    type: 'string',
    normalize: true,
    describe: 'Who may log in, as runner passwd writes it.',
  },
  ssh: {
    type: 'string',
    array: true,
    endpoint: 'server',
    describe: 'Where to listen for SSH, such as tcp:2222:interface=localhost.',
  },
  'authorized-keys': {
    type: 'string',
    normalize: true,
    implies: 'ssh',
    describe: 'Whose keys let them log in by SSH, as OpenSSH has such files.',
  },
  'ssh-host-key': {
    type: 'string',
    normalize: true,
    default: 'ssh-host-key',
    describe: 'The private key of this host for SSH; made if there is none.',
  },
  'allow-remote': {
    type: 'boolean',
    describe: 'Let --listen and --ssh be for other machines, too.',
  },
  'login-timeout': {
    type: 'number',
    default: 60,
    describe: 'Seconds that a client has to log in.',
  },
  'login-tries': {
    type: 'number',
    default: 3,
    describe: 'How often a client may try to log in.',
  },
} as const

/** Their values. */
export type TelnetOptionValues = InferredOptions<typeof telnetOptions>
