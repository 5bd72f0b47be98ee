import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from './helpers/paths.ts'
import { tempDir } from './helpers/temp-dir.ts'
import { installTools, packAll, run } from './helpers/tools.ts'

const TOOLS = ['publint@0.3.25', '@arethetypeswrong/core@0.18.5']

/** A package as it would be published. */
interface Packed {
  readonly tarball: string
  readonly files: ReadonlyMap<string, string>
  readonly manifest: Manifest
}

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports: { readonly '.': Readonly<Record<string, unknown>> }
}

const packages: Packed[] = []

before((t) => {
  const dir = tempDir(t as TestContext)
  for (const tarball of packAll(dir)) packages.push(unpacked(tarball, dir))
})

function unpacked(tarball: string, dir: string): Packed {
  const into = join(dir, basename(tarball, '.tgz'))
  mkdirSync(into)
  run('tar', ['xzf', tarball, '-C', into])
  const top = join(into, 'package')
  const entries = readdirSync(top, { recursive: true, withFileTypes: true })
  const files = new Map<string, string>()
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name)
    files.set(file.slice(top.length + 1), readFileSync(file, 'utf8'))
  }
  return { tarball, files, manifest: JSON.parse(files.get('package.json') as string) }
}

test('every package that is not private is packed', () => {
  const published = ['packages', 'plugins']
    .flatMap((dir) => readdirSync(join(root, dir)).map((name) => join(root, dir, name)))
    .flatMap((dir) => manifestIn(dir) ?? [])
    .filter((manifest) => manifest.private !== true)
  const names = packages.map(({ manifest }) => manifest.name)
  assert.deepEqual(names.sort(), published.map(({ name }) => name).sort())
})

function manifestIn(dir: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/** One that is only a command has no types. */
function isImported({ manifest }: (typeof packages)[number]): boolean {
  return '.' in manifest.exports
}

test('whose code is bundled is named with the licence, in the package that has it', () => {
  const bundled = {
    runnerd: ['fastest-levenshtein', 'prom-client', 'semver', 'string-width', 'yaml', 'yargs'],
    '@runnerd/testkit': ['fastest-levenshtein'],
  }
  for (const [of, names] of Object.entries(bundled)) {
    const { files } = packages.find(({ manifest }) => manifest.name === of) as Packed
    const notices = (files.get('bundle/NOTICES.txt') ?? '').split(/^-{72}\n\n/m)
    const found = notices.map((notice) => notice.slice(0, notice.indexOf(' ')))
    assert.deepEqual(
      names.filter((name) => !found.includes(name)),
      [],
    )
    for (const notice of notices) assert.match(notice, /^\S+ [\d.]+ \(\S+\)\n\n.*copyright/is)
  }
})

test('publint finds nothing to say of any package', async (t) => {
  const find = await installTools(...TOOLS)
  if (find === undefined) return t.skip('publint cannot be installed')
  const { publint } = await import(pathToFileURL(find('publint')).href)
  for (const { tarball, manifest } of packages) {
    const { messages } = await publint({ pack: { tarball: bytesOf(tarball).buffer }, strict: true })
    assert.deepEqual(messages, [], manifest.name)
  }
})

test('are-the-types-wrong finds the types of every package right', async (t) => {
  const find = await installTools(...TOOLS)
  if (find === undefined) return t.skip('are-the-types-wrong cannot be installed')
  // Its main is for import only.
  const main = join(dirname(find('@arethetypeswrong/core/package.json')), 'dist', 'index.js')
  const { checkPackage, createPackageFromTarballData } = await import(pathToFileURL(main).href)
  for (const { tarball, manifest } of packages.filter(isImported)) {
    const result = await checkPackage(createPackageFromTarballData(bytesOf(tarball)))
    assert.equal(result.types.kind, 'included', manifest.name)
    // The Node that we need requires ES modules; `runnerd` has types of its own for that.
    const isEsmOnly = !('require' in manifest.exports['.'])
    // And no Node that we support resolves as Node 10 did.
    const problems = (result.problems as { kind: string; resolutionKind?: string }[]).filter(
      ({ kind, resolutionKind }) =>
        resolutionKind !== 'node10' && !(isEsmOnly && kind === 'CJSResolvesToESM'),
    )
    assert.deepEqual(problems, [], manifest.name)
  }
})

function bytesOf(file: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(file))
}

test('a package has its licence and readme, and neither tests nor leftovers of a build', () => {
  for (const { manifest, files } of packages) {
    // What a template holds is somebody else's source.
    const names = [...files.keys()].filter((name) => !name.startsWith('templates/'))
    for (const name of ['LICENSE', 'README.md']) assert.ok(files.has(name), manifest.name)
    const stray = /(^|\/)(test|src|node_modules)\/|\.test\.|\.tsbuildinfo$|dropin\.cache$/
    assert.deepEqual(
      names.filter((name) => stray.test(name)),
      [],
      manifest.name,
    )
  }
})

test('a package names no file that it lacks as a source map or as the source of one', () => {
  for (const { manifest, files } of packages) {
    for (const [name, text] of files) {
      for (const [, map] of text.matchAll(/^\/\/# sourceMappingURL=(.+)$/gm)) {
        assert.ok(files.has(join(dirname(name), map as string)), `${manifest.name}: ${name}`)
      }
      if (!name.endsWith('.map')) continue
      const { sources, sourcesContent } = JSON.parse(text)
      const missing = sources.filter((each: string, at: number) =>
        sourcesContent?.[at] ? false : !files.has(join(dirname(name), each)),
      )
      assert.deepEqual(missing, [], `${manifest.name}: ${name}`)
    }
  }
})

test('a package holds no path of the machine that built it', () => {
  const paths = [root, homedir(), '/home/', '/Users/'].filter((path) => path.length > 1)
  for (const { manifest, files } of packages) {
    for (const [name, text] of files) {
      for (const path of paths)
        assert.ok(!text.includes(path), `${manifest.name}: ${name}: ${path}`)
    }
  }
})

test('a manifest asks for nothing that only a workspace has', () => {
  for (const { manifest } of packages) {
    assert.doesNotMatch(JSON.stringify(manifest), /"(workspace|catalog|link|file):/, manifest.name)
  }
})
