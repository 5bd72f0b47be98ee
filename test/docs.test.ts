import assert from 'node:assert/strict'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { declared, doorNames, doorTypes } from './helpers/documented.ts'
import { root } from './helpers/paths.ts'
import { tempDir } from './helpers/temp-dir.ts'
import { run, type ToolRun } from './helpers/tools.ts'

const docs = join(root, 'docs')

/** The status of the script when its tools can't be installed. */
const UNAVAILABLE = 69
const SKIPPED = 'typedoc cannot be installed'

function apiDocs(types: string, out: string): ToolRun {
  const args = ['--types', join(types, 'index.d.ts'), '--out', out]
  return run(process.execPath, [join(root, 'scripts', 'api-docs.mjs'), ...args])
}

/** The text of every file under a directory, by its path there. */
function textsIn(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
  return Object.fromEntries(
    files.sort().map((file) => [file, readFileSync(join(dir, file), 'utf8')]),
  )
}

test('docs/api is what scripts/api-docs.mjs makes of the types of the door', (t) => {
  const out = join(tempDir(t), 'api')
  const { status, output } = apiDocs(doorTypes, out)
  if (status === UNAVAILABLE) return t.skip(SKIPPED)
  assert.equal(output, '')
  assert.equal(status, 0)
  // Run `npm run docs` when this differs.
  assert.deepEqual(textsIn(out), textsIn(join(docs, 'api')))
})

test('every export of the door has a page of its own, but for internal ones', () => {
  const internal = declared().filter(({ comment }) => comment.includes('@internal'))
  const expected = doorNames().filter((name) => !internal.some((each) => each.name === name))
  const pages = Object.keys(textsIn(join(docs, 'api'))).map((file) => /(\w+)\.md$/.exec(file)?.[1])
  assert.deepEqual(pages.filter((name) => name !== 'README').sort(), [...new Set(expected)].sort())
})

// To typedoc a class without a comment has its parent's.
test('every export of the door has a comment of its own', () => {
  const names = new Set(doorNames())
  const bare = declared().filter(({ name, comment }) => names.has(name) && comment === '')
  assert.deepEqual(bare, [])
})

test('a name without a comment is refused: a class, a method, a property, a field', (t) => {
  const dir = tempDir(t)
  const types = join(dir, 'types')
  cpSync(doorTypes, types, { recursive: true })
  const uncomment = (file: string, before: string): void => {
    const text = readFileSync(join(types, file), 'utf8')
    const at = text.indexOf(before)
    const start = text.lastIndexOf('/**', at)
    assert.ok(start !== -1 && text.slice(start, at).split('*/').length === 2, before)
    writeFileSync(join(types, file), text.slice(0, start) + text.slice(at))
  }
  uncomment('internet/protocol.d.ts', 'export declare class Protocol')
  uncomment('internet/transport.d.ts', 'getHost()')
  uncomment('options/usage-error.d.ts', 'readonly hint')
  uncomment('options/option-spec.d.ts', 'readonly hidden')
  uncomment('logging/log.d.ts', 'warn(text')
  const { status, output } = apiDocs(types, join(dir, 'api'))
  if (status === UNAVAILABLE) return t.skip(SKIPPED)
  assert.equal(status, 1)
  for (const name of ['Protocol', 'Transport.getHost', 'UsageError.hint', 'OptionSpec.hidden']) {
    assert.match(
      output,
      new RegExp(`${name.replace('.', '\\.')} .*does not have any documentation`),
    )
  }
  assert.match(output, /warn .*does not have any documentation/)
  assert.ok(!existsSync(join(dir, 'api')), 'nothing is written')
})

test('every relative link in docs leads to a file, and its anchor to a heading or row', () => {
  for (const [file, text] of Object.entries(textsIn(docs))) {
    for (const [, link] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      const [path = '', anchor] = (link as string).split('#')
      if (/^[a-z]+:/.test(path)) continue
      const target = path === '' ? join(docs, file) : resolve(docs, dirname(file), path)
      assert.ok(existsSync(target), `${file}: ${link}`)
      if (anchor === undefined) continue
      assert.ok(anchorsIn(readFileSync(target, 'utf8')).includes(anchor), `${file}: ${link}`)
    }
  }
})

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '')
}

/** As GitHub makes them: of headings, and written in HTML. */
function anchorsIn(text: string): string[] {
  const written = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id as string)
  const headings = [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  return [...written, ...headings]
}
