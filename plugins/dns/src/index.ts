/**
 * The DNS server, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */
export { makeServer, type ServerOptions } from './make-server.ts'
export { dns } from './plugin.ts'
export { ZoneError } from './zone-error.ts'
