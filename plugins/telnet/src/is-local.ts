/** Types whose `interface` says who can connect. */
const WITH_INTERFACE = ['tcp', 'tcp6', 'ssl', 'tls']

/**
 * Whether only this machine's own can connect to what an endpoint string describes, as
 * far as the string says so.
 */
export function isLocal(endpoint: string): boolean {
  const [prefix = '', ...words] = endpoint.match(/(?:\\.|[^:\\])*/g)?.filter(Boolean) ?? []
  if (prefix === 'unix') return true
  if (!WITH_INTERFACE.includes(prefix)) return false
  const said = words.find((word) => word.startsWith('interface='))?.slice('interface='.length)
  const address = said?.replace(/\\(.)/g, '$1') ?? ''
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)
}
