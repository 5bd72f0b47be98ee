// The same app as `runner web --app`, under node alone: node plain-app.mjs FILE PORT.
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

const [file, port] = process.argv.slice(2)
const module = await import(pathToFileURL(file).href)
const app = module.default ?? module.app ?? module.bare
const host = '127.0.0.1'
if (typeof app.ready === 'function') await app.listen({ port: Number(port), host })
else if (typeof app.fetch === 'function') {
  const { serve } = await import('@hono/node-server')
  serve({ fetch: app.fetch, port: Number(port), hostname: host })
} else createServer(app.callback?.() ?? app).listen(Number(port), host)
