import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { installOclif, writeOclifCli } from './oclif.mjs'
import { runnerBin, twistdVersion } from './programs.mjs'
import { inTurn, timeOf } from './timing.mjs'
import { makeTree } from './tree.mjs'
import { writeTwistdPlugins } from './twistd-plugins.mjs'

const TREES = [
  { plugins: 100, packages: 100, target: 1.25 },
  { plugins: 10, packages: 1000, target: 1.25 },
  { plugins: 1000, packages: 1000, target: 1.8 },
]

/** What the words of a shell's completion are asked with. */
const COMPLETION = ['completion', '--for', 'zsh', '--', 'plugin']

/** Help costs no more than the list, but for what a median sways. */
const SWAY = 1.05

/** Lists, help and completion from a warm cache, beside others' with as many plugins. */
export async function lists({ node, rounds, work }) {
  const rows = []
  for (const size of TREES) rows.push(...(await ofSize(size, node, rounds, work)))
  rows.push(await withGlobs(node, rounds))
  return rows
}

async function ofSize({ plugins, packages, target }, node, rounds, work) {
  const tree = makeTree({ plugins, packages })
  const ours = (...args) => timeOf(node.path, [runnerBin, ...args], { cwd: tree })
  const both = { list: () => ours(), help: () => ours('plugin0', '--help') }
  const medians = await inTurn(rounds, {
    nothing: () => timeOf(node.path, ['-e', '0'], { cwd: tree }),
    ...both,
    completion: () => ours(...COMPLETION),
  })
  const others = { ...twistd(work, plugins), ...oclif(node, work, plugins) }
  // Seconds each, with 1,000 plugins.
  const beside = await inTurn(Math.ceil(rounds / 3), { ...both, ...others })
  rmSync(tree, { recursive: true })

  const size = `${count(plugins)} in ${count(packages)}`
  const unit = 'ms'
  const toNothing = { unit, against: 'node -e 0', base: medians.nothing, target }
  const list = { what: 'list', value: beside.list, unit, target: 1 }
  const help = { what: 'one --help', value: beside.help, unit, target: 1 }
  return [
    { ...toNothing, what: `list, ${size}`, value: medians.list },
    { ...help, value: medians.help, against: 'the list', base: medians.list, target: SWAY },
    { ...toNothing, what: `completion, ${size}`, value: medians.completion },
    { ...list, against: 'twistd3', base: beside.twistd },
    { ...list, against: 'oclif', base: beside.oclif },
    { ...help, against: 'twistd3', base: beside.twistdHelp },
    { ...help, against: 'oclif', base: beside.oclifHelp },
  ]
}

function count(number) {
  return number.toLocaleString('en-US')
}

function twistd(work, plugins) {
  if (!twistdVersion()) return {}
  const dir = join(work, `twistd-${plugins}`)
  mkdirSync(dir, { recursive: true })
  const options = {
    cwd: dir,
    env: { ...process.env, PYTHONPATH: writeTwistdPlugins(dir, plugins) },
  }
  return {
    twistd: () => timeOf('twistd3', ['--help'], options),
    twistdHelp: () => timeOf('twistd3', ['plugin0', '--help'], options),
  }
}

function oclif(node, work, plugins) {
  const dir = join(work, 'oclif')
  if (!installOclif(dir)) return {}
  const cli = writeOclifCli(dir, plugins)
  const options = { cwd: dir, env: { ...process.env, NODE_ENV: 'production' } }
  return {
    oclif: () => timeOf(node.path, [cli, '--help'], options),
    oclifHelp: () => timeOf(node.path, [cli, 'plugin0', '--help'], options),
  }
}

async function withGlobs(node, rounds) {
  const size = { plugins: 100, packages: 100 }
  const [plain, globs] = [makeTree(size), makeTree({ ...size, glob: true })]
  const list = (cwd) => () => timeOf(node.path, [runnerBin], { cwd })
  const medians = await inTurn(rounds, { plain: list(plain), globs: list(globs) })
  for (const tree of [plain, globs]) rmSync(tree, { recursive: true })
  return {
    what: 'list, 100 packages with a glob',
    unit: 'ms',
    value: medians.globs,
    against: 'with none',
    base: medians.plain,
    target: SWAY,
  }
}
