import { spawn } from 'node:child_process'
import { answering, freePort } from './poems.mjs'
import { poetryPlugin } from './programs.mjs'
import { endServer, startServer } from './timing.mjs'

/**
 * Starts what there is, each on a port of its own, and resolves to the `port` and `child`
 * of each when they answer. They are told that it is for production, as an operator would.
 *
 * @param commands a program and its arguments, of a port; `undefined` for what isn't installed
 */
export async function startAll(cwd, commands) {
  const servers = {}
  const env = { ...process.env, RUNNER_PLUGIN_PATH: poetryPlugin, NODE_ENV: 'production' }
  for (const [name, command] of Object.entries(commands)) {
    if (command === undefined) continue
    const port = await freePort()
    const [program, args] = command(port)
    const start = () => spawn(program, args, { cwd, env, stdio: 'ignore' })
    servers[name] = { port, child: await startServer(start, () => answering(port)) }
  }
  return servers
}

/** Ends them, and resolves when they are gone. */
export async function endAll(servers) {
  for (const { child } of Object.values(servers)) await endServer(child)
}
