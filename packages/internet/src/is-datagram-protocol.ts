import type { DatagramProtocol } from './datagram-protocol.ts'

/**
 * Whether it is a protocol; else it is a function.
 *
 * @throws TypeError if it is neither
 *
 * @internal
 */
export function isDatagramProtocol(served: unknown): served is DatagramProtocol {
  if (typeof served === 'function') {
    if (isProtocol(served.prototype))
      throw new TypeError(`Pass a new ${served.name}, not the class`)
    return false
  }
  if (isProtocol(served)) return true
  throw new TypeError('Pass a DatagramProtocol or a function of a datagram')
}

function isProtocol(value: unknown): boolean {
  return (
    typeof (value as Partial<DatagramProtocol> | null | undefined)?.datagramReceived === 'function'
  )
}
