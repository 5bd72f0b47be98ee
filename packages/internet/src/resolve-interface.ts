import { isIP } from 'node:net'

/**
 * The address an `interface` option means: none means every IPv4 address and
 * `localhost` 127.0.0.1, as in Twisted; a name is looked up.
 *
 * @throws the system's error if there is no such host
 *
 * @internal
 */
export function resolveInterface(name: string): string | Promise<string> {
  if (name === '') return '0.0.0.0'
  if (name === 'localhost') return '127.0.0.1'
  return isIP(name) ? name : lookUp(name)
}

async function lookUp(name: string): Promise<string> {
  const { lookup } = await import('node:dns/promises')
  return (await lookup(name)).address
}
