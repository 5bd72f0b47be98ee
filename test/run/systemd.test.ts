import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runnerBin } from '../helpers/paths.ts'
import { cleanEnv } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

for (const words of [['-n', 'nothing'], ['reload'], ['check', 'nothing']]) {
  test(`the journal gets the failure of runner ${words.join(' ')} as an error`, (t) => {
    const cwd = tempDir(t)
    const path = join(cwd, 'out')
    const fd = openSync(path, 'w')
    const { dev, ino } = statSync(path, { bigint: true })
    const env = cleanEnv(cwd, { JOURNAL_STREAM: `${dev}:${ino}` })
    const stdio = ['ignore', 'ignore', fd] as const
    spawnSync(process.execPath, [runnerBin, ...words], { cwd, env, stdio: [...stdio] })
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    assert.match(lines[0] ?? '', /^<3>runner: cannot /)
    assert.ok(lines.every((line) => line.startsWith('<3>')))
  })
}
