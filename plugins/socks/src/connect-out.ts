import type { LookupAddress } from 'node:dns'
import { connect, type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net'
import { counted } from 'runnerd'
import { Failure } from './failure.ts'
import { gone, refuseGone } from './gone.ts'

/**
 * Connects to the first of some addresses that answers. It calls back once, and is no
 * promise for the sake of speed: it is on the way of each connection.
 *
 * @param seconds how long all of that may take
 * @param client whose end ends it
 * @param failed given a Failure when it takes too long or the client is gone, or the
 *   system's error
 * @throws Failure when the client is gone already
 */
export function connectOut(
  addresses: readonly LookupAddress[],
  port: number,
  seconds: number,
  client: Socket,
  connected: (remote: Socket) => void,
  failed: (error: Error) => void,
): void {
  refuseGone(client)
  const remote = connect(optionsFor(addresses, port, seconds))
  const fail = (error: Error): void => {
    settle()
    remote.on('error', () => {}).destroy()
    failed(error)
  }
  const leave = (): void => fail(gone())
  const late = (): void =>
    fail(new Failure('timed out', `no answer for ${counted(seconds, 'second')}`))
  const succeed = (): void => {
    settle()
    connected(remote)
  }
  const timer = setTimeout(late, seconds * 1000)
  const settle = (): void => {
    clearTimeout(timer)
    client.off('close', leave)
    remote.off('error', fail).off('connect', succeed)
  }
  client.on('close', leave)
  remote.on('error', fail).on('connect', succeed)
}

/** The longest that one of several addresses has to answer, in ms. */
const EACH = 2500

function optionsFor(
  addresses: readonly LookupAddress[],
  port: number,
  seconds: number,
): TcpNetConnectOpts {
  const [first] = addresses
  const isOnly = addresses.length === 1
  const options: TcpNetConnectOpts = {
    host: isOnly && first !== undefined ? first.address : 'any',
    port,
    autoSelectFamily: !isOnly,
    allowHalfOpen: true,
    noDelay: true,
  }
  if (isOnly) return options
  const lookup: LookupFunction = (_host, _options, callback) => callback(null, [...addresses])
  const each = Math.max(10, Math.min((seconds * 1000) / addresses.length, EACH))
  return { ...options, lookup, autoSelectFamilyAttemptTimeout: each }
}
