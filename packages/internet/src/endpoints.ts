/**
 * What runner needs of endpoint strings, and plugins don't.
 *
 * @internal
 */
export { quoteStringArgument, splitEndpoint } from './endpoint-string.ts'
export { EndpointStringError, saidOf } from './endpoint-string-error.ts'
export {
  addEndpointType,
  type EndpointFinder,
  endpointsFound,
  setEndpointFinder,
} from './endpoint-types.ts'
export { checkServerString } from './server-from-string.ts'
export { serverPrefixes, unknownType } from './server-place.ts'
