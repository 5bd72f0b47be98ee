/**
 * The poetry proxy, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */
export { poetryproxy } from './plugin.ts'
export { ProxyFactory, ProxyProtocol } from './proxy-factory.ts'
export { type ProxyOptions, ProxyService } from './proxy-service.ts'
