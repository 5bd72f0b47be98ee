// Writes the API reference of the public door: `node scripts/api-docs.mjs
// [--types FILE] [--out DIR]`, after a build. Without options it reads
// packages/runner/types/esm/index.d.ts and writes docs/api/. The same types give
// the same files. A name without a description is an error.
//
// typedoc needs the JavaScript API of TypeScript, which version 7 lacks, and is
// 48 MB with one that has it: so it isn't installed with the rest, but by
// the first run of this.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { root } from './root.mjs'
import { installTools } from './tools.mjs'

const TOOLS = ['typedoc@0.28.20', 'typedoc-plugin-markdown@4.14.1', 'typescript@6.0.3']

/** The status when the tools can't be had: EX_UNAVAILABLE. */
const UNAVAILABLE = 69

const { values } = parseArgs({
  options: {
    types: { type: 'string', default: join(root, 'packages/runner/types/esm/index.d.ts') },
    out: { type: 'string', default: join(root, 'docs/api') },
  },
})
const types = resolve(values.types)
const out = resolve(values.out)

if (!existsSync(types)) {
  process.stderr.write(`api-docs: cannot read ${types}: run \`npm run build\` first\n`)
  process.exit(66)
}
const find = installTools(...TOOLS)
if (find === undefined) {
  process.stderr.write(`api-docs: cannot install ${TOOLS.join(', ')}\n`)
  process.exit(UNAVAILABLE)
}
const { Application } = await import(pathToFileURL(find('typedoc')).href)
process.exitCode = await generate()

async function generate() {
  const dir = mkdtempSync(join(tmpdir(), 'api-docs-'))
  try {
    const tsconfig = join(dir, 'tsconfig.json')
    writeFileSync(tsconfig, JSON.stringify(compilation()))
    const app = await Application.bootstrapWithPlugins({ ...settings(), tsconfig })
    const project = await app.convert()
    if (project === undefined) return 1
    app.validate(project)
    if (app.logger.hasErrors() || app.logger.hasWarnings()) return 1
    await app.generateOutputs(project)
    return app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function compilation() {
  return {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023'],
      module: 'nodenext',
      strict: true,
      noEmit: true,
      typeRoots: [join(root, 'node_modules', '@types')],
      types: ['node'],
      skipLibCheck: true,
    },
    files: [types],
  }
}

function settings() {
  return {
    name: 'runnerd',
    entryPoints: [types],
    outputs: [{ name: 'markdown', path: out }],
    plugin: [find('typedoc-plugin-markdown')],
    logLevel: 'Warn',
    readme: 'none',
    router: 'member',
    entryFileName: 'README',
    disableSources: true,
    excludeInternal: true,
    // What Error has in Node is in Node's own documentation.
    excludeExternals: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    validation: { notDocumented: true, notExported: true, invalidLink: true },
    requiredToBeDocumented: [
      'Variable',
      'Function',
      'Class',
      'Interface',
      'Property',
      'Method',
      'Accessor',
      'TypeAlias',
    ],
    // What only makes other types; and two that the door doesn't have.
    intentionallyNotExported: ['Always', 'CamelCase', 'Value'],
  }
}
