/**
 * The internet super-server, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */
export { ConfError, type Fault } from './conf-error.ts'
export type { Entry, EntryProtocol, Server } from './entry.ts'
export { Inetd, type InetdOptions } from './inetd.ts'
export { mayAnswer } from './may-answer.ts'
export { type Conf, parseConf } from './parse-conf.ts'
export { inetd } from './plugin.ts'
export { RateLimit } from './rate-limit.ts'
export { type ReadConf, readConf } from './read-conf.ts'
export { ServicesFile } from './services-file.ts'
