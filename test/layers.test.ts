import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './helpers/paths.ts'

/** Which package may import which; the arrows of the README. */
const mayImport: { readonly [name: string]: readonly string[] } = {
  cred: [],
  options: [],
  logging: [],
  plugin: ['options', 'logging'],
  service: ['options', 'logging', 'plugin'],
  internet: ['cred', 'options', 'logging', 'plugin', 'service'],
  runner: ['cred', 'options', 'logging', 'plugin', 'service', 'internet'],
}

/** Libraries that stay behind the door of one package. */
const belongsTo: { readonly [library: string]: string } = {
  yargs: 'options',
  winston: 'logging',
  'winston-daily-rotate-file': 'logging',
  globby: 'plugin',
  jiti: 'plugin',
  semver: 'plugin',
  koffi: 'runner',
  'prom-client': 'runner',
}

const IMPORT =
  /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+|\brequire\w*(?:<[^>]*>)?\s*\(\s*)['"]([^'"]+)['"]/g
const PROCESS =
  /\bprocess\.(exit|argv|chdir|setuid|setgid|seteuid|setegid|setgroups|initgroups|umask)\b|\bprocess\.on\(\s*['"]SIG/

const plugins = readdirSync(join(root, 'plugins'))
  .map((name) => `plugins/${name}`)
  .filter((dir) => existsSync(join(root, dir, 'package.json')))

interface Source {
  readonly file: string
  readonly text: string
  readonly imports: readonly string[]
}

function sourcesOf(dir: string): Source[] {
  return readdirSync(join(root, dir, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const file = join(dir, 'src', name)
      // What stands in a comment is an example, not an import.
      const text = readFileSync(join(root, file), 'utf8').replace(
        /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm,
        '',
      )
      return { file, text, imports: [...text.matchAll(IMPORT)].map((match) => match[1] as string) }
    })
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

for (const [name, allowed] of Object.entries(mayImport)) {
  test(`packages/${name} imports only what is below it`, () => {
    const sources = sourcesOf(`packages/${name}`)
    assert.notEqual(sources.length, 0)
    for (const { file, imports } of sources) {
      for (const specifier of imports) {
        if (specifier.startsWith('.') || specifier.startsWith('node:')) {
          assert.doesNotMatch(specifier, /^\.\.\/\.\./, `${file} reaches into another package`)
          continue
        }
        const own = /^@runnerd\/([^/]+)/.exec(specifier)?.[1]
        if (own !== undefined) assert.ok(allowed.includes(own), `${file} imports ${specifier}`)
        else assert.notEqual(specifier, 'runnerd', `${file} imports the public door`)
        const owner = belongsTo[packageName(specifier)]
        if (owner !== undefined) assert.equal(name, owner, `${file} imports ${specifier}`)
      }
    }
  })
}

test('packages/testkit imports the door and what is below it, and nobody imports the testkit', () => {
  const allowed = ['runnerd', ...['options', 'logging', 'plugin'].map((name) => `@runnerd/${name}`)]
  for (const { file, imports } of sourcesOf('packages/testkit')) {
    for (const specifier of imports) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) {
        assert.doesNotMatch(specifier, /^\.\.\//, `${file} reaches into another package`)
      } else assert.ok(allowed.includes(packageName(specifier)), `${file} imports ${specifier}`)
    }
  }
  const others = [...Object.keys(mayImport).map((name) => `packages/${name}`), ...plugins]
  for (const { file, imports } of others.flatMap(sourcesOf)) {
    assert.ok(!imports.includes('@runnerd/testkit'), `${file} imports the testkit`)
  }
})

test('only the runner package touches the process', () => {
  const others = Object.keys(mayImport).filter((each) => each !== 'runner')
  for (const name of [...others, 'testkit']) {
    for (const { file, text } of sourcesOf(`packages/${name}`)) {
      // The children that read dropins and check plugins are programs of their own.
      if (/\/(dropin-reader|plugin-probe)\.ts$/.test(file)) continue
      assert.doesNotMatch(text, PROCESS, file)
    }
  }
})

test('only outcome ends the process, for main and the daemon', () => {
  const ends = sourcesOf('packages/runner').filter(({ text }) => /\bprocess\.exit\b/.test(text))
  assert.deepEqual(
    ends.map(({ file }) => file),
    ['packages/runner/src/outcome.ts'],
  )
})

for (const plugin of plugins) {
  test(`${plugin} uses only the public door`, () => {
    for (const { file, imports } of sourcesOf(plugin)) {
      for (const specifier of imports.filter((each) => each.includes('runnerd'))) {
        assert.equal(specifier, 'runnerd', `${file} imports ${specifier}`)
      }
    }
  })
}
