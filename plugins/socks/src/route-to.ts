import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/**
 * Finds the address that this machine has for another: the one from which the system
 * would send to it. Nothing is sent.
 *
 * @throws the system's error if there is no way to it
 */
export async function routeTo(address: string, port: number): Promise<string> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      // Port 0 is none that can be connected to.
      socket.connect(port || 9, address, resolve)
    })
    return socket.address().address
  } finally {
    socket.close()
  }
}
