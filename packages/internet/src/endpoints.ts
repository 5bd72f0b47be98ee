/**
 * What runner needs of endpoint strings, and plugins don't.
 *
 * @internal
 */
export { checkClientString } from './check-client-string.ts'
export { checkServerString } from './check-server-string.ts'
export { clientPrefixes } from './client-place.ts'
export { quoteStringArgument, splitEndpoint } from './endpoint-string.ts'
export { EndpointStringError, saidOf } from './endpoint-string-error.ts'
export {
  addEndpointType,
  type EndpointFinder,
  endpointsFound,
  setEndpointFinder,
} from './endpoint-types.ts'
export { serverPrefixes, unknownType } from './server-place.ts'
