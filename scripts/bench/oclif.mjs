import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const CORE = '@oclif/core@4'

/** Installs oclif into a directory; returns its version, `undefined` where it can't be had. */
export function installOclif(dir) {
  const core = join(dir, 'node_modules', '@oclif', 'core', 'package.json')
  if (!existsSync(core)) {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'package.json'), '{"private":true}\n')
    const args = ['install', '--silent', '--no-audit', '--no-fund', CORE]
    spawnSync('npm', args, { cwd: dir, stdio: 'ignore', timeout: 120_000 })
  }
  return existsSync(core) ? JSON.parse(readFileSync(core, 'utf8')).version : undefined
}

/**
 * Writes an oclif CLI with a number of plugins, a command each, all with the
 * manifest that oclif reads instead of their code. Below where oclif is
 * installed; returns the command's file.
 */
export function writeOclifCli(dir, plugins) {
  const cli = join(dir, `cli-${plugins}`)
  const run = join(cli, 'run.js')
  if (existsSync(run)) return run
  const names = Array.from({ length: plugins }, (_, i) => `oclif-plugin${i}`)
  mkdirSync(cli)
  writeJson(join(cli, 'package.json'), {
    name: 'bench-cli',
    version: '1.0.0',
    dependencies: Object.fromEntries(names.map((name) => [name, '1.0.0'])),
    oclif: { bin: 'bench', plugins: names },
  })
  writeFileSync(run, "require('@oclif/core').execute({ dir: __dirname })\n")
  for (const [i, name] of names.entries()) {
    writePlugin(join(cli, 'node_modules', name), name, `plugin${i}`)
  }
  return run
}

function writePlugin(dir, name, id) {
  mkdirSync(join(dir, 'commands'), { recursive: true })
  const oclif = { commands: './commands' }
  writeJson(join(dir, 'package.json'), { name, version: '1.0.0', oclif })
  writeFileSync(join(dir, 'commands', `${id}.js`), COMMAND)
  writeJson(join(dir, 'oclif.manifest.json'), {
    commands: {
      [id]: {
        aliases: [],
        args: {},
        description: 'One of the plugins of the bench.',
        flags: {
          port: {
            char: 'p',
            name: 'port',
            description: 'A port.',
            type: 'option',
            multiple: false,
          },
        },
        hasDynamicHelp: false,
        hiddenAliases: [],
        id,
        pluginAlias: name,
        pluginName: name,
        pluginType: 'core',
        strict: true,
        isESM: false,
        relativePath: ['commands', `${id}.js`],
      },
    },
    version: '1.0.0',
  })
}

const COMMAND = `const { Command, Flags } = require('@oclif/core')
module.exports = class extends Command {
  static description = 'One of the plugins of the bench.'
  static flags = { port: Flags.integer({ char: 'p', description: 'A port.' }) }
  async run() {}
}
`

function writeJson(path, value) {
  writeFileSync(path, JSON.stringify(value, null, 2))
}
