import type { Stats } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { FileStore } from './file-store.ts'
import type { RequestPath } from './request-path.ts'

/** One name of a directory, and what it is. */
interface Entry {
  readonly name: string
  readonly stats: Stats
}

/** How many names are looked at at a time. */
const AT_A_TIME = 64

/** Answers with a page that names what is in a directory. */
export async function sendListing(
  store: FileStore,
  dir: string,
  path: RequestPath,
  dotfiles: boolean,
  response: ServerResponse,
): Promise<void> {
  const entries = await entriesOf(store, dir, dotfiles)
  const page = Buffer.from(pageOf(path, entries))
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': page.length,
    'x-content-type-options': 'nosniff',
    // There is nothing in it but its own style.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  })
  response.end(response.req.method === 'HEAD' ? undefined : page)
}

async function entriesOf(store: FileStore, dir: string, dotfiles: boolean): Promise<Entry[]> {
  const names = (await readdir(dir)).filter((name) => dotfiles || !name.startsWith('.'))
  const entries: Entry[] = []
  for (let at = 0; at < names.length; at += AT_A_TIME) {
    const some = names.slice(at, at + AT_A_TIME).map(async (name) => {
      const full = join(dir, name)
      // What can't be had is not shown.
      const stats = await store.look(full).catch(() => undefined)
      if (!stats?.isFile() && !stats?.isDirectory()) return []
      return (await store.inside(full)) === undefined ? [] : [{ name, stats }]
    })
    entries.push(...(await Promise.all(some)).flat())
  }
  return entries.sort(byKindAndName)
}

/** Directories first. */
function byKindAndName(one: Entry, other: Entry): number {
  const kinds = Number(other.stats.isDirectory()) - Number(one.stats.isDirectory())
  return kinds || (one.name < other.name ? -1 : 1)
}

function pageOf({ segments }: RequestPath, entries: readonly Entry[]): string {
  const title = escaped(`Index of /${segments.map((each) => `${each}/`).join('')}`)
  const up =
    segments.length > 0 ? ['<tr><td><a href="../">../</a></td><td></td><td></td></tr>'] : []
  const rows = [...up, ...entries.map(rowOf)].join('\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
body { font-family: system-ui, sans-serif; margin: 2em }
td { padding: 0.1em 1em 0.1em 0 }
td:nth-child(3) { text-align: right }
</style>
</head>
<body>
<h1>${title}</h1>
<table>
${rows}
</table>
</body>
</html>
`
}

function rowOf({ name, stats }: Entry): string {
  const isDirectory = stats.isDirectory()
  const shown = isDirectory ? `${name}/` : name
  // ./ so that no name looks like a scheme.
  const address = `./${encodeURIComponent(name)}${isDirectory ? '/' : ''}`
  const date = stats.mtime.toISOString().slice(0, 16).replace('T', ' ')
  const size = isDirectory ? '' : String(stats.size)
  return `<tr><td><a href="${address}">${escaped(shown)}</a></td><td>${date}</td><td>${size}</td></tr>`
}

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string)
}
