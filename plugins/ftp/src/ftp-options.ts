import { type InferredOptions, listenOptions } from 'runnerd'

/** The options of the plugin. */
export const ftpOptions = {
  ...listenOptions({ port: 2121, maxConnections: 2000, timeout: 300 }),
  root: {
    alias: 'r',
    type: 'string',
    normalize: true,
    default: '.',
    describe: 'The directory that is served; no path leaves it.',
  },
  anonymous: {
    type: 'boolean',
    default: true,
    describe: 'Let anybody read, but for names with a dot before them.',
  },
  userAnonymous: {
    type: 'string',
    default: 'anonymous',
    describe: 'The name of who is anybody; ftp is one too.',
  },
  'password-file': {
    type: 'string',
    normalize: true,
    describe: 'Who else may log in, as runner passwd writes it.',
  },
  write: {
    type: 'boolean',
    implies: 'password-file',
    describe: 'Let those of the password file write, too.',
  },
  'anonymous-write': { type: 'boolean', describe: 'Let anybody write.' },
  'passive-ports': {
    type: 'string',
    describe: 'The ports for data connections, such as 40000-40099; else any.',
  },
  'passive-host': {
    type: 'string',
    describe: 'The IPv4 address that clients are told for them, behind NAT.',
  },
  certificate: {
    type: 'string',
    normalize: true,
    describe: 'The certificate for AUTH TLS, in PEM.',
  },
  key: {
    type: 'string',
    normalize: true,
    implies: 'certificate',
    describe: 'Its private key, if that is in a file of its own.',
  },
  'require-tls': {
    type: 'boolean',
    describe: 'Let those of the password file log in with TLS only.',
  },
} as const

/** Their values. */
export type FTPOptions = InferredOptions<typeof ftpOptions>
