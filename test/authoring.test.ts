import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { doorTypes } from './helpers/documented.ts'
import { root, runnerBin } from './helpers/paths.ts'
import { blocksOf, commandsOf, firstCells } from './helpers/read-page.ts'
import { cleanEnv } from './helpers/runner.ts'
import { tempDir } from './helpers/temp-dir.ts'

const page = join(root, 'docs', 'authoring.md')

/** Where the page says that its commands are run. */
const SITE = '/home/you/site'

/** The members of an interface in a declaration file. */
function membersOf(file: string, name: string): string[] {
  const text = readFileSync(join(doorTypes, file), 'utf8')
  const body = new RegExp(`^export interface ${name}\\b[^{]*\\{(.*?)^\\}`, 'ms').exec(text)?.[1]
  assert.ok(body !== undefined, name)
  return [...body.matchAll(/^ {4}(?:readonly )?(\w+)\??[:(]/gm)].map(
    ([, member]) => member as string,
  )
}

test('the authoring page has a row for every field of an option', () => {
  const fields = membersOf('options/option-spec.d.ts', 'OptionSpec')
  assert.ok(fields.includes('demandOption'))
  assert.deepEqual(
    fields.filter((field) => !firstCells(page).includes(field)),
    [],
  )
})

test('the authoring page has a row for every field of a maker', () => {
  const fields = membersOf('service/define-service-maker.d.ts', 'ServiceMakerDefinition')
  assert.ok(fields.includes('makeService'))
  assert.deepEqual(
    fields.filter((field) => !firstCells(page).includes(field)),
    [],
  )
})

test('the authoring page has a row for every field of a plugin package', () => {
  const fields = [
    'runner',
    'runner.plugins',
    'peerDependencies.runnerd',
    'files',
    'type',
    'exports',
  ]
  assert.deepEqual(
    fields.filter((field) => !firstCells(page).includes(field)),
    [],
  )
})

test('every tapname that the authoring page calls reserved is, and no other', async () => {
  const { RESERVED_TAPNAMES } = await import('@runnerd/plugin')
  const said = /are no tapnames: `([^`]+)`/.exec(readFileSync(page, 'utf8'))?.[1]
  assert.deepEqual(said?.split(' '), [...RESERVED_TAPNAMES])
})

test('every command on the authoring page prints what it shows', (t) => {
  const dir = tempDir(t)
  let commands = 0
  for (const { language, file, text } of blocksOf(page)) {
    if (file !== undefined) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), text)
    }
    if (language !== 'console') continue
    const shown = commandsOf(text)
    const printed = type(
      shown.map(({ command }) => command),
      dir,
    )
    for (const [at, { command, output }] of shown.entries()) {
      commands += 1
      assert.equal(masked(printed[at] ?? '', dir), masked(output, SITE), `$ ${command}`)
    }
  }
  assert.notEqual(commands, 0)
})

/** Types commands into one shell; what each printed. */
function type(commands: readonly string[], cwd: string): string[] {
  const end = '\u0001'
  const script = commands.map((each) => `${each}\nlast=$?; printf '${end}'; (exit $last)`)
  const { PATH } = process.env
  const env = cleanEnv(cwd, { PATH: `${dirname(runnerBin)}${delimiter}${PATH}` })
  const { stdout } = spawnSync('sh', ['-c', `exec 2>&1\n${script.join('\n')}`], {
    cwd,
    env,
    encoding: 'utf8',
  })
  return stdout.split(end)
}

/** A text without what is another one on each machine, and at each time. */
function masked(text: string, dir: string): string {
  return text
    .replaceAll(dir, 'DIR')
    .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}/gm, 'TIME')
    .replace(/runner \d+\.\d+\.\d+ \(node v[^)]+\)/g, 'runner (node)')
}
