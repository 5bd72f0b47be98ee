/**
 * What runner needs of endpoint strings, and plugins don't.
 *
 * @internal
 */
export { checkClientString } from './check-client-string.ts'
export { checkEndpointString, type EndpointUse, ourPrefixes } from './check-endpoint-string.ts'
export { type DatagramPlace, datagramPlaceOf } from './datagram-place.ts'
export { quoteStringArgument, splitEndpoint } from './endpoint-string.ts'
export { EndpointStringError, saidOf } from './endpoint-string-error.ts'
export {
  addEndpointType,
  type EndpointFinder,
  type EndpointKind,
  type EndpointParsers,
  endpointsFound,
  setEndpointFinder,
} from './endpoint-types.ts'
export { type ListenValues, listenEndpoints } from './listen-endpoints.ts'
export { type ServerPlace, serverPlaceOf, unknownType } from './server-place.ts'
