import { type InferredOptions, listenOptions, type OptionsSpec } from 'runnerd'

const FILES = 'Files'
const APPS = 'Apps'

/** As long as nobody types, and short enough for those who hold a connection for its own sake. */
const TIMEOUT = 120

export const webOptions = {
  path: {
    type: 'string',
    conflicts: 'app',
    group: FILES,
    describe: 'Serve the files of this directory.',
  },
  app: {
    type: 'string',
    group: APPS,
    describe: 'Serve the app that a module exports: MODULE or MODULE#EXPORT.',
  },
  ...listenOptions({ port: 8080, timeout: TIMEOUT }),
  index: {
    type: 'string',
    array: true,
    conflicts: 'app',
    default: ['index.html'],
    group: FILES,
    describe: 'The file that stands for its directory.',
  },
  listing: {
    type: 'boolean',
    conflicts: 'app',
    group: FILES,
    describe: 'List the directories that have no index file.',
  },
  dotfiles: {
    type: 'boolean',
    conflicts: 'app',
    group: FILES,
    describe: 'Serve names that begin with a dot.',
  },
  'follow-symlinks': {
    type: 'boolean',
    conflicts: 'app',
    group: FILES,
    describe: 'Serve what symbolic links lead to outside the directory.',
  },
  spa: {
    type: 'boolean',
    conflicts: 'app',
    group: FILES,
    describe: 'Answer paths that are no files with the index file.',
  },
  'add-header': {
    type: 'string',
    array: true,
    describe: "A header for every answer, as 'Name: value'.",
  },
  'access-log': {
    type: 'string',
    defaultDescription: '- with --path, off with --app',
    describe: "The file of the access log; - is runner's log, off is none.",
  },
  'trust-proxy': {
    type: 'string',
    array: true,
    describe:
      'Log who a proxy with this address asks for: an address, a network, a number of proxies.',
  },
  'headers-timeout': {
    type: 'number',
    default: 20,
    describe: 'Seconds that a client has for the head of a request.',
  },
  'request-timeout': {
    type: 'number',
    default: 300,
    describe: 'Seconds that a client has for a whole request.',
  },
  'close-timeout': {
    type: 'number',
    default: 5,
    describe: 'Seconds that answers under way have at a stop.',
  },
} as const satisfies OptionsSpec

export type WebOptions = InferredOptions<typeof webOptions>
