import { connect } from 'node:net'

/** Connects and reads until the other end hangs up. */
export async function fetchAll(port: number, host = '127.0.0.1'): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of connect(port, host)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
