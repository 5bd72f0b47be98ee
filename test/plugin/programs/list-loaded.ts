/** Searches for plugins and prints what was found, and every module that was loaded for it. */
import { register } from 'node:module'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'

const hooks = `
  let port
  export function initialize(data) { port = data }
  export async function load(url, context, next) {
    port.postMessage(url)
    return next(url, context)
  }`
const { port1, port2 } = new MessageChannel()
register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
  data: port2,
  transferList: [port2],
})

const { getPlugins } = await import('@runnerd/plugin')
const { plugins } = await getPlugins(JSON.parse(process.argv[2]!))

const { moduleLoadList } = process as unknown as { moduleLoadList: string[] }
const loaded = [...moduleLoadList]
for (let next = receiveMessageOnPort(port1); next; next = receiveMessageOnPort(port1)) {
  loaded.push(next.message as string)
}
port1.close()
process.stdout.write(JSON.stringify({ tapnames: plugins.map(({ tapname }) => tapname), loaded }))
