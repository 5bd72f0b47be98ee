/**
 * The SOCKS proxy, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */
export { socks } from './plugin.ts'
export { Rules } from './rules.ts'
export { serveClient } from './serve-client.ts'
export type { Settings } from './settings.ts'
