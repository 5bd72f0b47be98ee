/** Whether only this machine's own can connect to what an endpoint string describes. */
export function isLocal(endpoint: string): boolean {
  if (endpoint.startsWith('unix:')) return true
  const escaped = /(?:^|:)interface=((?:\\.|[^:\\])*)/.exec(endpoint)?.[1] ?? ''
  const address = escaped.replace(/\\(.)/g, '$1')
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)
}
