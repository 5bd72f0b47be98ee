/**
 * The public door: what a plugin author imports, and nothing else. For `import`
 * and `require` alike; it loads neither winston nor yargs.
 *
 * @packageDocumentation
 *
 * @example
 * import { defineServiceMaker, MultiService, TCPServer, log } from 'runnerd'
 *
 * export const hello = defineServiceMaker({
 *   tapname: 'hello',
 *   description: 'Says hello.',
 *   options: { port: { alias: 'p', type: 'number', default: 7000 } },
 *   makeService(options) {
 *     const top = new MultiService()
 *     new TCPServer(options.port, (socket) => socket.end('hello\n')).setServiceParent(top)
 *     return top
 *   },
 * })
 */
export {
  LoginFailures,
  PasswordFile,
  PasswordFileError,
  type PasswordFileErrorCode,
  TooManyChecksError,
} from '@runnerd/cred'
export * from '@runnerd/internet'
export { type Log, type LogLevel, type LogOptions, log } from '@runnerd/logging'
export {
  counted,
  type InferredOptions,
  type JsonValue,
  type OptFlag,
  type OptionSpec,
  Options,
  type OptionsSource,
  type OptionsSpec,
  type OptParameter,
  UsageError,
} from '@runnerd/options'
export type { IPlugin } from '@runnerd/plugin'
export * from '@runnerd/service'
