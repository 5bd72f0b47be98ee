/**
 * The port forwarder, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */
export { Destination } from './destination.ts'
export { type ForwardSettings, forwardTo } from './forward-to.ts'
export { portforward } from './plugin.ts'
export {
  type ProxyHeader,
  ProxyHeaderError,
  type ProxyVersion,
  proxyHeader,
  type Route,
  readProxyHeader,
} from './proxy-header.ts'
