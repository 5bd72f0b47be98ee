// Bundles the testkit: `node scripts/build-testkit.mjs`, after the packages are
// compiled. What goes into packages/testkit/bundle/ needs runnerd and yargs beside
// it and none of our other packages; the types are those of the door.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { noticesOf } from './notices.mjs'
import { root } from './root.mjs'

const testkit = join(root, 'packages', 'testkit')
const dist = join(testkit, 'dist')
const bundle = join(testkit, 'bundle')

rmSync(bundle, { recursive: true, force: true })
mkdirSync(bundle)
const settings = {
  bundle: true,
  metafile: true,
  platform: 'node',
  target: 'node20.19',
  legalComments: 'inline',
  logLevel: 'warning',
  external: ['runnerd', 'yargs'],
  plugins: [{ name: 'testkit', setup: resolveApart }],
}
const forImport = await build({
  ...settings,
  entryPoints: ['index', 'plugin-probe'].map((name) => join(dist, `${name}.js`)),
  outdir: bundle,
  format: 'esm',
  splitting: true,
})
const forRequire = await build({
  ...settings,
  entryPoints: [join(dist, 'index.js')],
  outfile: join(bundle, 'index.cjs'),
  format: 'cjs',
  define: { 'import.meta.filename': '__filename', 'import.meta.url': '__url' },
  banner: { js: "const __url=require('node:url').pathToFileURL(__filename).href;" },
})
const metafiles = [forImport.metafile, forRequire.metafile]
writeFileSync(join(bundle, 'NOTICES.txt'), noticesOf(metafiles))
writeTypes('index', new Set())

function resolveApart({ onResolve }) {
  // So that `instanceof UsageError` holds in a test which imports it from the door.
  onResolve({ filter: /^\.\/usage-error\.js$/ }, () => ({ path: 'runnerd', external: true }))
  // What is imported late by code that we don't call is not to be carried along.
  onResolve({ filter: /^\.\/[a-z-]+\.js$/ }, ({ path, kind }) =>
    kind === 'dynamic-import' && path !== './parser.js' ? { path, external: true } : undefined,
  )
}

/** Copies a file of types and those it imports, for `import` and for `require`. */
function writeTypes(name, written) {
  if (written.has(name)) return
  written.add(name)
  const text = readFileSync(join(dist, `${name}.d.ts`), 'utf8')
  const foreign = /^(?:import|export)\b.* from '(@runnerd\/[^']+)'/m.exec(text)
  if (foreign) throw new Error(`${name}: a public type can't come from ${foreign[1]}`)
  for (const kind of ['ts', 'cts']) {
    const own = text
      .replace(/'(\.\/[a-z-]+)\.ts'/g, `'$1.${kind === 'ts' ? 'js' : 'cjs'}'`)
      .replace(/^\/\/# sourceMappingURL=.*\n?/gm, '')
    writeFileSync(join(bundle, `${name}.d.${kind}`), own)
  }
  for (const [, next] of text.matchAll(/'\.\/([a-z-]+)\.ts'/g)) writeTypes(next, written)
}
