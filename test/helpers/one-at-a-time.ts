import { once } from 'node:events'
import { createServer } from 'node:net'
import { until } from './until.ts'

/**
 * Waits for what a machine has one of, and has it until it is given back: two files of
 * tests run at a time. It is a name of Linux that goes with its process, however that ends.
 *
 * @returns what gives it back
 */
export async function oneAtATime(what: string): Promise<() => Promise<void>> {
  const server = await until(`${what}, which another test has`, async () => {
    const asked = createServer().listen(`\0runner-test ${what}`)
    return await new Promise<typeof asked | undefined>((resolve, reject) => {
      asked.once('listening', () => resolve(asked))
      asked.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
      )
    })
  })
  return async () => {
    server.close()
    await once(server, 'close')
  }
}
