/**
 * The DNS server, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */
export { loadZones } from './load-zones.ts'
export { makeServer, type ServerOptions } from './make-server.ts'
export { dns } from './plugin.ts'
export { UnreadableError } from './unreadable-error.ts'
export { ZoneError } from './zone-error.ts'
