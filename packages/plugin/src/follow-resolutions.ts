import Module from 'node:module'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

/** One module asking for another: what it wrote, and the file that it got, if any. */
export interface Resolution {
  readonly parent: string
  readonly specifier: string
  readonly target: string | undefined
  /** `import` takes a path as it is, `require` tries endings. */
  readonly by: 'import' | 'require'
}

type Resolved = { readonly url: string }
type Next = (specifier: string, context: Context) => Resolved
type Context = { readonly parentURL?: string }
type RegisterHooks = (hooks: {
  resolve: (specifier: string, context: Context, next: Next) => Resolved
}) => void

/**
 * Follows every `import` and `require` from now on. Unlike what is loaded, what
 * is asked for is known of each module, whoever loaded the other one first.
 * Returns a function that takes the news since its last call.
 */
export function followResolutions(): () => Resolution[] {
  const news: Resolution[] = []
  followRequires(news)
  const receive = followImports(news)
  return () => {
    receive()
    return news.splice(0)
  }
}

function followImports(news: Resolution[]): () => void {
  const { registerHooks } = Module as unknown as { registerHooks?: RegisterHooks }
  if (registerHooks === undefined) return followFromThread(news)
  registerHooks({
    resolve(specifier, context, next) {
      const note = (url?: string): void => add(news, context.parentURL, specifier, url)
      try {
        const found = next(specifier, context)
        note(found.url)
        return found
      } catch (error) {
        note()
        throw error
      }
    },
  })
  return () => {}
}

/** On Node 20 hooks run in a thread of their own, and the news come from there. */
function followFromThread(news: Resolution[]): () => void {
  const { port1, port2 } = new MessageChannel()
  const hooks = `
    let port
    export function initialize(data) { port = data.port }
    export async function resolve(specifier, context, next) {
      const note = (url) => port.postMessage([context.parentURL, specifier, url])
      try {
        const found = await next(specifier, context)
        note(found.url)
        return found
      } catch (error) {
        note()
        throw error
      }
    }`
  Module.register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
    data: { port: port2 },
    transferList: [port2],
  })
  port1.unref()
  return () => receiveAll(port1, news)
}

function receiveAll(port: MessagePort, news: Resolution[]): void {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    const [parentUrl, specifier, url] = next.message as [string | undefined, string, string?]
    add(news, parentUrl, specifier, url)
  }
}

function add(
  news: Resolution[],
  parentUrl: string | undefined,
  specifier: string,
  url: string | undefined,
): void {
  if (!parentUrl?.startsWith('file:') || (url !== undefined && !url.startsWith('file:'))) return
  const target = url === undefined ? undefined : fileURLToPath(url)
  news.push({ parent: fileURLToPath(parentUrl), specifier, target, by: 'import' })
}

interface Requirer {
  readonly filename?: string | null
}

interface Loader {
  _resolveFilename(request: string, parent?: Requirer | null, ...rest: unknown[]): string
  readonly prototype: { require(this: Requirer, id: string): unknown }
}

function followRequires(news: Resolution[]): void {
  const loader = Module as unknown as Loader
  const resolve = loader._resolveFilename
  loader._resolveFilename = function (request, parent, ...rest) {
    let target: string | undefined
    try {
      target = resolve.call(this, request, parent, ...rest)
      return target
    } finally {
      const isModule = target === undefined || isAbsolute(target)
      if (parent?.filename && isModule) {
        news.push({ parent: parent.filename, specifier: request, target, by: 'require' })
      }
    }
  }
  const load = loader.prototype.require
  loader.prototype.require = function (id) {
    try {
      // Node doesn't resolve again what another module of this directory has asked for.
      loader._resolveFilename(id, this)
    } catch {
      // The call below throws it.
    }
    return load.call(this, id)
  }
}
