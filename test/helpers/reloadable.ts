import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from './control.ts'
import { until } from './until.ts'
import { waitFor } from './wait-for.ts'

/** What a plugin file says of itself, and does at some point. */
export interface Reloadable {
  /** What it sends to whoever connects. */
  readonly says?: string
  /** Names of options that it needs. */
  readonly needs?: readonly string[]
  readonly inMakeService?: string
  readonly inStart?: string
  readonly imports?: string
}

/**
 * Writes a plugin `told` into `plugins` of `cwd`, over the one that is there: what a
 * reload will find. It listens on `--port` of localhost, 0 for any.
 */
export function writePlugin(cwd: string, plugin: Reloadable = {}): void {
  const { says = 'hello', needs = [], inMakeService = '', inStart = '', imports = '' } = plugin
  const needed = needs.map((name) => `${name}: { type: 'string', demandOption: true },`).join('')
  mkdirSync(join(cwd, 'plugins'), { recursive: true })
  writeFileSync(
    join(cwd, 'plugins', 'told.js'),
    `import { defineServiceMaker, log, MultiService, Service, TCPServer } from 'runnerd'
    ${imports}
    const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    class First extends Service {
      async startService() {
        await super.startService()
        ${inStart}
      }
    }
    export const told = defineServiceMaker({
      tapname: 'told',
      description: 'Does what a test told it to.',
      options: { port: { type: 'number', default: 0 }, ${needed} },
      makeService(options) {
        const top = new MultiService()
        const at = { interface: 'localhost' }
        new First().setServiceParent(top)
        const serve = (socket) => socket.end(\`${says} from \${process.pid}\`)
        const server = new TCPServer(options.port, serve, at)
        server.setServiceParent(top)
        ${inMakeService}
        return top
      },
    })
    `,
  )
}

/**
 * For `inStart`: does something as soon as its whole tree is ready and whoever has
 * started it was told so. Where the run goes by is in the file of `RUNNER_TRACE`.
 */
export function onceReady(act: string): string {
  return `
    const { readFileSync } = await import('node:fs')
    const look = setInterval(() => {
      if (!readFileSync(process.env.RUNNER_TRACE, 'utf8').includes(\`\${process.pid} report\`)) return
      clearInterval(look)
      ${act}
    }, 5)`
}

/** The pid that a pid file names. */
export function pidIn(cwd: string): number {
  return Number(readFileSync(join(cwd, 'runner.pid'), 'utf8'))
}

/** Asks for a reload, and waits for what comes of it. */
export async function reload(
  cwd: string,
): Promise<{ pid: number; generation: number; line?: string; hint?: string; status?: number }> {
  const { json } = await ask(join(cwd, 'runner.sock'), 'POST', '/reload')
  return json()
}

/** Waits until all services run, and accept connections. */
export async function running(cwd: string): Promise<void> {
  const socket = join(cwd, 'runner.sock')
  await waitFor(socket, () => (existsSync(socket) ? true : undefined))
  await until(`${socket} to say that all runs`, async () => {
    // It is there before it answers.
    const reply = await ask(socket, 'GET', '/status').catch(() => undefined)
    return reply?.json().state === 'running' || undefined
  })
}

/** Waits until the pid file names another process than `pid`. */
export async function successorOf(cwd: string, pid: number): Promise<number> {
  return await waitFor(join(cwd, 'runner.pid'), () => {
    const named = pidIn(cwd)
    return named === pid ? undefined : named
  })
}
