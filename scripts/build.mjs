// Builds everything: `node scripts/build.mjs`. Type checks and compiles each
// package to its dist/, then bundles the command into packages/runner/bundle/ and
// the door's types into packages/runner/types/.
//
// A bundle, because each module file costs Node a third of a millisecond or
// more; CommonJS, because an `import` of a built-in makes Node load all that it
// could export, streams and WebCrypto among it, where a require doesn't.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { writeDoorTypes } from './door-types.mjs'
import { noticesOf } from './notices.mjs'
import { root } from './root.mjs'

const runner = join(root, 'packages', 'runner')
const bundle = join(runner, 'bundle')
const fromRunner = createRequire(join(runner, 'package.json'))

// What the others load only when they need it, each a file of its own.
const parts = {
  ...inDist(
    'runner',
    'main',
    'command',
    'fork-daemon',
    'no-such-plugin',
    'runner-options',
    'daemon',
    'start-daemon',
    'pid-file',
    'read-whole-line',
    'check-endpoints',
    'select-endpoint-type',
    'change-identity',
    'unix-datagram-handle',
    'find-logger',
    'record-profile',
    'plugins-verb',
    'reload',
    'successor',
    'run-workers',
    'worker',
    'check',
    'complete',
    'daemon-verbs/obey-daemon-verb',
    'top/show-top',
    'passwd/obey-passwd',
    'export/obey-export',
    'export-systemd/systemd-engine',
    'export-compose/compose-engine',
    'export-kubernetes/kubernetes-engine',
    'export-dockerfile/dockerfile-engine',
    'monitor/ask-monitor',
    'monitor/watching',
    'monitor/prometheus',
    'monitor-page/status-page',
  ),
  ...inDist('options', 'parser'),
  ...inDist('internet', 'port-holder', 'tls-acceptor', 'https-acceptor'),
  ...inDist(
    'plugin',
    'dropin-reader',
    'read-dropins',
    'expand-globs',
    'fits-range',
    'scan-directory',
    'is-of-its-package',
    'dropin-manifest',
  ),
}

/** Parts that a daemon which has changed its root doesn't need: they ran before, or can't. */
const NOT_LATE = new Set(['successor', 'worker', 'run-workers', 'select-endpoint-type'])

const banners = {
  main: '#!/usr/bin/env node',
  // What yargs asks for, and nothing of ours.
  parser: "const __url=require('node:url').pathToFileURL(__filename).href;",
}

// The same file is loaded by a foreground run and by the door.
const IF_STARTED = 'if(require.main===module)module.exports.becomeDaemon();'

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const plugins = readdirSync(join(root, 'plugins')).map((name) => `plugins/${name}`)
const projects = [
  'packages/runner',
  'packages/testkit',
  'packages/create-runner-plugin',
  ...plugins.filter((dir) => existsSync(join(root, dir, 'tsconfig.json'))),
]
execFileSync(process.execPath, [tsc, '-b', ...projects], { cwd: root, stdio: 'inherit' })

writeDoorTypes()
rmSync(bundle, { recursive: true, force: true })
mkdirSync(bundle)
const metafiles = []
for (const name of Object.keys(parts)) {
  writeFileSync(join(bundle, `${name}.js`), await bundled(name), { mode: 0o755 })
}
writeFileSync(join(bundle, 'NOTICES.txt'), noticesOf(metafiles))
writeFileSync(join(bundle, 'late.json'), JSON.stringify(loadedLate()))
cpSync(join(runner, 'completion'), bundle, { recursive: true })
writeFileSync(join(bundle, 'package.json'), '{ "type": "commonjs" }\n')
writeFileSync(join(bundle, 'index.js'), "module.exports = require('./daemon.js').door\n")
writeFileSync(
  join(bundle, 'index.mjs'),
  doorTo(createRequire(import.meta.url)(join(bundle, 'daemon.js'))),
)
const { optionsHelp } = await import(pathToFileURL(join(runner, 'dist', 'list-plugins.js')).href)
writeFileSync(join(bundle, 'help.txt'), await optionsHelp(80))
await import('./build-testkit.mjs')

async function bundled(name) {
  const { outputFiles, metafile } = await build({
    entryPoints: [parts[name]],
    outdir: bundle,
    write: false,
    metafile: true,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    minifyWhitespace: true,
    // Names are for the stacks of our own bugs; yargs' are not.
    minifyIdentifiers: name === 'parser',
    legalComments: 'inline',
    logLevel: 'warning',
    external: ['globby', 'jiti', 'koffi', 'winston', 'winston-daily-rotate-file'],
    alias: {
      assert: join(root, 'scripts', 'assert-late.mjs'),
      'string-width': join(root, 'scripts', 'string-width-late.mjs'),
      'string-width-real': fromRunner.resolve('string-width'),
    },
    define: {
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
      'import.meta.url': '__url',
    },
    banner: { js: banners[name] ?? '' },
    footer: { js: name === 'daemon' ? IF_STARTED : '' },
    plugins: [keepApart(name)],
  })
  metafiles.push(metafile)
  // A require where esbuild leaves an import(): Node would set up its module
  // loader for a file that it is sure to find.
  return withOwnNames(
    outputFiles[0].text.replace(
      /\bimport\("(\.\/[a-z-]+\.js)"\)/g,
      'Promise.resolve().then(()=>require("$1"))',
    ),
  )
}

/** Where a class names itself esbuild calls it `_TCPServer`; an operator reads that name. */
function withOwnNames(text) {
  const renamed = [...text.matchAll(/\b([A-Z]\w*)=class _\1\b/g)].map((match) => match[1])
  return renamed.reduce((all, name) => all.replace(new RegExp(`\\b_${name}\\b`, 'g'), name), text)
}

/** What the daemon, and what it loads, loads when it needs it: in another root it couldn't. */
function loadedLate(of = 'daemon', found = new Set()) {
  const text = readFileSync(join(bundle, `${of}.js`), 'utf8')
  for (const [, part] of text.matchAll(/\brequire\("\.\/([a-z-]+)\.js"\)/g)) {
    if (part === of || found.has(part) || NOT_LATE.has(part)) continue
    found.add(part)
    loadedLate(part, found)
  }
  return [...found].map((part) => `${part}.js`)
}

function inDist(of, ...names) {
  const dist = join(root, 'packages', of, 'dist')
  return Object.fromEntries(names.map((name) => [basename(name), join(dist, `${name}.js`)]))
}

/** Leaves an import of another part to the time when it is needed. */
function keepApart(name) {
  return {
    name: 'keep-apart',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\/[a-z/-]+\.js$/ }, ({ path, kind }) => {
        const part = basename(path, '.js')
        if (kind !== 'dynamic-import' || part === name || !(part in parts)) return undefined
        return { path: `./${part}.js`, external: true }
      })
    },
  }
}

/** The door as an ES module: the names that the daemon's part has already loaded. */
function doorTo({ door }) {
  const names = Object.keys(door)
    .filter((name) => /^[A-Za-z]\w*$/.test(name))
    .sort()
  return `const { createRequire } = process.getBuiltinModule('node:module')
const { door } = createRequire(import.meta.url)('./daemon.js')
export const { ${names.join(', ')} } = door
`
}
