import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startService } from '@runnerd/testkit'
import { web } from '@runnerd/web'
import { fixtures } from '../../helpers/paths.ts'
import { type Answer, ask } from './ask.ts'

/** A server of a test. */
export interface Serving {
  readonly port: number
  readonly log: readonly string[]
  line(pattern: RegExp): Promise<string>
  stop(): Promise<void>
  drain(): Promise<void>
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Answer>
}

/** Starts the plugin in this process, on any port. */
export async function serve(t: TestContext, ...args: string[]): Promise<Serving> {
  const service = await startService(web, ['--port', '0', ...args])
  t.after(() => service.stop())
  const { port } = service.address()
  return {
    port,
    log: service.log,
    line: (pattern) => service.line(pattern),
    stop: () => service.stop(),
    drain: async () => await service.service.drain?.(),
    get: (path, headers = {}, method = 'GET') => ask(port, path, { headers, method }),
  }
}

/** One of the apps that the tests serve. */
export function appFile(name: string): string {
  return join(fixtures, 'web', name)
}
