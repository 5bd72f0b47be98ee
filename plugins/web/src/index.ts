/**
 * A web server, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */
export { CannotServeError } from './cannot-serve.ts'
export { web } from './plugin.ts'
export { makeSite, type SiteOptions } from './site.ts'
