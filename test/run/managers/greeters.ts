import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The plugin packages that the tests install: their tapname, package and kind of module. */
export const greeters = {
  hello: { name: 'hello-plugin', type: 'module' },
  salute: { name: 'salute-plugin', type: 'commonjs' },
  wave: { name: '@greetings/wave', type: 'module' },
} as const

export type Greeter = keyof typeof greeters
export type Version = '1.0.0' | '1.1.0'

export const every: readonly Greeter[] = ['hello', 'salute', 'wave']

/** The file, of those installed, that notes its import in the file that CANARY names. */
const BODY = `
if (process.env.CANARY) appendFileSync(process.env.CANARY, 'TAPNAME\\n')

const maker = defineServiceMaker({
  tapname: 'TAPNAME',
  description,
  options: { port: { type: 'number', demandOption: true, describe: 'Where to greet.' } },
  makeService({ port }) {
    const top = new MultiService()
    const greet = (socket) => {
      log.msg(\`greeting \${pluralize('world', 2, true)}\`)
      socket.end(\`\${description} Found \${pluralize('world', 2, true)}.\\n\`)
    }
    new TCPServer(port, greet, { interface: 'localhost' }).setServiceParent(top)
    return top
  },
})
`

const ESM = `import { appendFileSync } from 'node:fs'
import pluralize from 'pluralize'
import { defineServiceMaker, log, MultiService, TCPServer } from 'runnerd'
import { description } from './description.js'
${BODY}
export { maker }
`

const COMMON = `const { appendFileSync } = require('node:fs')
const pluralize = require('pluralize')
const { defineServiceMaker, log, MultiService, TCPServer } = require('runnerd')
const { description } = require('./description.js')
${BODY}
module.exports = { maker }
`

/** What a greeter of that version declares, and says to whoever connects. */
export function description(tapname: Greeter, version: Version): string {
  return `The ${tapname} of ${version}.`
}

/**
 * Writes the sources of a greeter. Between two versions only an imported file
 * differs, and not in size: the dropin itself stays the same file to a store
 * that shares files.
 */
export function writeGreeter(dir: string, tapname: Greeter, version: Version): void {
  const { name, type } = greeters[tapname]
  const text = JSON.stringify(description(tapname, version))
  const manifest = {
    name,
    version,
    type,
    files: ['dist'],
    runner: { plugins: './dist/plugin.js' },
    dependencies: { pluralize: '8.0.0' },
    peerDependencies: { runnerd: '^0.1.0' },
  }
  writeFiles(dir, {
    'package.json': JSON.stringify(manifest, null, 2),
    'dist/plugin.js': (type === 'module' ? ESM : COMMON).replaceAll('TAPNAME', tapname),
    'dist/description.js':
      type === 'module'
        ? `export const description = ${text}\n`
        : `exports.description = ${text}\n`,
  })
}

/** Writes files below a directory, with the directories they are in. */
export function writeFiles(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(dir, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}
