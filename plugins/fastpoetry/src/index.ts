/**
 * The fast poetry server, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */

export { fastpoetry } from './plugin.ts'
export { PoetryFactory, PoetryProtocol } from './poetry-factory.ts'
export { PoetryService } from './poetry-service.ts'
