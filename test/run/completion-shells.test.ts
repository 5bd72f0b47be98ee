import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import { cleanEnv, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { noTerminal, Terminal } from '../helpers/terminal.ts'

interface Tree {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

const late = `export const late = {
  tapname: 'late', description: 'Only in my dir.', options: {}, makeService() {},
}`

/**
 * A directory with the hostile plugin, files to complete, and in the PATH a
 * `runner` that completes as ours does, and else writes down its words.
 */
async function tree(t: TestContext): Promise<Tree> {
  const cwd = tempDir(t)
  cpSync(join(fixtures, 'hostile'), join(cwd, 'plugins'), { recursive: true })
  for (const dir of ['bin dir', 'my dir', 'odd']) mkdirSync(join(cwd, dir))
  for (const file of ['my file.txt', 'other$(touch hurt).txt']) writeFileSync(join(cwd, file), '')
  writeFileSync(join(cwd, 'my dir', 'late.mjs'), late)
  const stub = join(cwd, 'bin dir', 'runner')
  writeFileSync(
    stub,
    `#!/bin/sh
[ "$1" = completion ] && exec '${process.execPath}' '${runnerBin}' "$@"
{ printf '<%s>' "$@"; echo; } >>'${join(cwd, 'ran')}'
`,
  )
  chmodSync(stub, 0o755)
  await runner(['--plugin-path', 'my dir', '--help'], { cwd })
  const path = `${join(cwd, 'bin dir')}${delimiter}${process.env.PATH}`
  return { cwd, env: cleanEnv(cwd, { PATH: path, HOME: cwd, TERM: 'dumb' }) }
}

function missing(shell: string): string | false {
  return spawnSync(shell, ['-c', 'true']).error ? `${shell} is not installed` : false
}

/** The words with which the line that was typed was run. */
async function typed(terminal: Terminal, { cwd }: Tree, keys: string): Promise<string> {
  const ran = join(cwd, 'ran')
  rmSync(ran, { force: true })
  await terminal.run(keys)
  return existsSync(ran) ? readFileSync(ran, 'utf8').trimEnd() : ''
}

/** What is typed, a tab where the key is pressed, and the words it becomes. */
const everywhere: readonly (readonly [keys: string, words: string])[] = [
  ['runner hos\t--fi\tmy\\ f\t', '<hostile><--file><my file.txt>'],
  ['runner hos\t--file=oth\t', '<hostile><--file=other$(touch hurt).txt>'],
  ['runner --rundir od\t', '<--rundir><odd>'],
  ['runner passw\t--del\tmy\\ f\t', '<passwd><--delete><my file.txt>'],
  ['runner --rundir=my\t', '<--rundir=my dir>'],
  ['runner hostile --level tw\t', '<hostile><--level><two words>'],
  ['runner hostile --level "tw\t', '<hostile><--level><two words>'],
  ['runner hostile --level=hi\t', '<hostile><--level=high>'],
  ['runner hostile --level \\$\t', '<hostile><--level><$(touch hurt)>'],
  ['runner hostile --level=\\`\t', '<hostile><--level=`touch hurt`>'],
  ['runner hostile --level x\t', '<hostile><--level><x;touch hurt>'],
  ['runner hostile --level a:\t', '<hostile><--level><a:b>'],
  ['runner pl\tw\thos\t', '<plugins><why><hostile>'],
  ['runner -n --plugin-path plu\t hos\t', '<-n><--plugin-path><plugins><hostile>'],
  ['runner hostile "--file=my f\t', '<hostile><--file=my file.txt>'],
  ['runner --plugin-path my\\ dir la\t', '<--plugin-path><my dir><late>'],
  ['runner "--plugin-path=my dir" la\t', '<--plugin-path=my dir><late>'],
  ['bin\\ dir/runner hos\t', '<hostile>'],
  ['~/bin\\ dir/runner hos\t', '<hostile>'],
]

for (const [shell, command, setUp] of [
  ['bash', 'bash --norc --noprofile -i', 'source <(runner completion bash)'],
  ['zsh', 'zsh -f -i', 'autoload -U compinit; compinit -u -D; source <(runner completion zsh)'],
] as const) {
  test(`${shell} completes what is typed`, { skip: missing(shell) || noTerminal }, async (t) => {
    const at = await tree(t)
    const terminal = await Terminal.open(t, command, at)
    await terminal.run(setUp)
    for (const [keys, words] of everywhere) {
      // A shell may or may not put a slash to the end of a directory's name.
      const became = (await typed(terminal, at, keys)).replaceAll('/>', '>')
      assert.equal(became, words, keys)
    }
    assert.ok(!existsSync(join(at.cwd, 'hurt')))
  })
}

test('bash offers neither files nor anything else where there is nothing', {
  skip: noTerminal,
}, async (t) => {
  const at = await tree(t)
  const terminal = await Terminal.open(t, 'bash --norc --noprofile -i', at)
  await terminal.run('source <(runner completion bash)')
  assert.equal(await typed(terminal, at, 'runner --umask od\t'), '<--umask><od>')
  assert.equal(await typed(terminal, at, 'runner nosuch od\t'), '<nosuch><od>')
})

test('bash without a terminal: _runner fills COMPREPLY', async (t) => {
  const { cwd, env } = await tree(t)
  const reply = (line: string, end: string): string[] => {
    const script = `source <(runner completion bash)
      COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDS=($1) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _runner runner "$2" ''
      printf '%s\\n' "\${COMPREPLY[@]}"`
    const args = ['--norc', '-c', script, 'bash', line, end]
    const { stdout, stderr } = spawnSync('bash', args, { cwd, env, encoding: 'utf8' })
    assert.equal(stderr, '')
    return stdout.trimEnd().split('\n')
  }
  assert.deepEqual(reply('runner hostile --l', '--l'), ['--level', '--loud'])
  assert.deepEqual(reply('runner hostile -fmy', '-fmy'), ['-fmy dir', '-fmy file.txt'])
  assert.deepEqual(reply('runner hostile --file my', 'my'), [''], 'files are left to readline')
})

test('zsh shows descriptions as they are', { skip: missing('zsh') || noTerminal }, async (t) => {
  const at = await tree(t)
  const terminal = await Terminal.open(t, 'zsh -f -i', at)
  await terminal.run('stty cols 120; autoload -U compinit; compinit -u -D')
  await terminal.run('source <(runner completion zsh)')
  terminal.type('runner hostile --l\t')
  await terminal.shows('--level')
  const shown = await terminal.shows('--loud')
  assert.match(shown, /-- %F\{red\}How high\. \]0;title \$\(touch hurt\) `touch hurt` a:b \\/)
  terminal.type('\u0015runner \t')
  await terminal.shows('hostile')
  assert.match(await terminal.shows('plugins'), /50% %Bbold \$\(touch hurt\) `touch hurt` a:b \\n/)
  assert.ok(!existsSync(join(at.cwd, 'hurt')))
})

test('fish completes what is typed, with descriptions', { skip: missing('fish') }, async (t) => {
  const { cwd, env } = await tree(t)
  const script = 'runner completion fish | source; complete -C $argv[1]'
  const completed = (line: string): string[] => {
    const ended = spawnSync('fish', ['--no-config', '-c', script, line], {
      cwd,
      env,
      encoding: 'utf8',
    })
    assert.equal(ended.stderr, '')
    return ended.stdout.trimEnd().split('\n')
  }
  const flag = '--loud\tA flag that is on.'
  assert.deepEqual(completed('runner hostile --lo'), [flag])
  assert.deepEqual(completed('X=1 bin\\ dir/runner hostile "--lo'), [flag])
  assert.deepEqual(completed('~/bin\\ dir/runner hostile --lo'), [flag])
  assert.match(completed('runner hostile --le')[0] as string, /^--level\t%F\{red\}How high/)
  assert.deepEqual(completed('runner hostile --file my'), ['my dir/', 'my file.txt'])
  assert.deepEqual(completed('runner hostile --file=oth'), ['--file=other$(touch hurt).txt'])
  assert.deepEqual(completed('runner --rundir my'), ['my dir/'])
  assert.deepEqual(completed('runner --rundir=my'), ['--rundir=my dir/'])
  assert.deepEqual(completed('runner hostile --level \\$'), ['$(touch hurt)'])
  assert.deepEqual(completed('runner hostile --level="two'), ['--level=two words'])
  assert.deepEqual(completed('runner "--rundir=my d'), ['--rundir=my dir/'])
  assert.deepEqual(completed("runner --plugin-path 'my dir' la"), ['late\tOnly in my dir.'])
  assert.deepEqual(completed('runner --umask od'), [''])
  assert.ok(!existsSync(join(cwd, 'hurt')))
})
