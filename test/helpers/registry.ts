import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { promisify } from 'node:util'

/** An npm registry on this machine. */
export interface Registry {
  readonly url: string
  /** Adds a package that is packed in a file. */
  add(tarball: string): Promise<void>
  close(): Promise<void>
}

interface Manifest {
  readonly name: string
  readonly version: string
}

/** What `npm publish` sends. */
interface Publication {
  readonly versions: Readonly<Record<string, Manifest>>
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>
}

const run = promisify(execFile)

/**
 * Starts a registry that has the packages it is given, takes what `npm publish`
 * sends it, and shows the way to `upstream` for all others.
 */
export async function startRegistry(upstream: string): Promise<Registry> {
  const tarballs = new Map<string, Buffer>()
  const manifests = new Map<string, Map<string, Manifest>>()
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function keep(manifest: Manifest, tarball: Buffer): void {
    const { name, version } = manifest
    const path = `/${name}/-/${name.replace(/^.*\//, '')}-${version}.tgz`
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
    const versions = manifests.get(name) ?? new Map<string, Manifest>()
    versions.set(version, { ...manifest, dist: { tarball: url + path, integrity } } as Manifest)
    manifests.set(name, versions)
    tarballs.set(path, tarball)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url ?? '')
    const tarball = tarballs.get(path)
    const versions = manifests.get(path.slice(1))
    if (request.method === 'PUT') {
      const { versions: sent, _attachments } = (await json(request)) as Publication
      const data = Object.values(_attachments)[0]?.data ?? ''
      for (const manifest of Object.values(sent)) keep(manifest, Buffer.from(data, 'base64'))
      response.writeHead(201).end('{}')
    } else if (tarball) {
      response.end(tarball)
    } else if (versions) {
      const tags = { latest: [...versions.keys()].at(-1) }
      const packument = { name: path.slice(1), 'dist-tags': tags }
      response.end(JSON.stringify({ ...packument, versions: Object.fromEntries(versions) }))
    } else {
      response.writeHead(302, { location: upstream.replace(/\/$/, '') + request.url }).end()
    }
  }

  return {
    url,
    async add(tarball) {
      const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json'])
      keep(JSON.parse(stdout), readFileSync(tarball))
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
