import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Another process that listens. */
export interface Rival {
  readonly pid: number | undefined
  readonly port: number
  stop(): Promise<void>
}

const SCRIPT = `
  const [port, host] = process.argv.slice(1)
  const server = require('node:net').createServer()
  server.listen(port, host, () => console.log(server.address().port))`

export async function startRival(port: number, host: string): Promise<Rival> {
  const child = spawn(process.execPath, ['-e', SCRIPT, `${port}`, host], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [text] = await once(child.stdout, 'data')
  return {
    pid: child.pid,
    port: Number(text),
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}
