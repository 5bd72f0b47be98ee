import type { ListenerDescription } from '@runnerd/service'

/** Where a port will be, by the words that it is asked for in. @internal */
export function placeOf(kind: 'tcp' | 'udp', name: string, port: number): ListenerDescription {
  if (name === '') return { kind, address: '0.0.0.0', port }
  return { kind, address: name === 'localhost' ? '127.0.0.1' : name, port }
}
