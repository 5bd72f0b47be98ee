import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from '../helpers/paths.ts'

const built = (name: string): string =>
  pathToFileURL(join(root, 'packages', 'runner', 'dist', `${name}.js`)).href

const { ExitStatus, exitStatusOf } = (await import(built('exit-status'))) as {
  ExitStatus: Record<string, number>
  exitStatusOf: (error: unknown) => number | undefined
}
const { complaintOf, printed } = (await import(built('complaint'))) as {
  complaintOf: (error: unknown, attempt: string) => { line: string; hint?: string; status: number }
  printed: (complaint: { line: string; hint?: string; status: number }) => string
}

function failure(code: string, cause?: unknown): Error {
  return Object.assign(new Error(code, { cause }), { code })
}

test('the README lists every exit status', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const table = readme.slice(readme.indexOf('## Exit statuses'), readme.indexOf('## Differences'))
  const listed = [...table.matchAll(/^\| (\d+) +\|/gm)].map((match) => Number(match[1]))
  assert.deepEqual(listed, Object.values(ExitStatus))
})

const statuses: [code: string, status: number][] = [
  ['ERR_USAGE', 64],
  ['ERR_SOCKET_BAD_PORT', 64],
  ['ENOENT', 66],
  ['EISDIR', 66],
  ['EADDRINUSE', 69],
  ['EADDRNOTAVAIL', 69],
  ['ERR_CANNOT_LISTEN', 69],
  ['ENOSPC', 73],
  ['EROFS', 73],
  ['ERR_LOG_OPEN', 73],
  ['EMFILE', 75],
  ['EACCES', 77],
  ['EPERM', 77],
]

for (const [code, status] of statuses) {
  test(`exitStatusOf gives ${status} for ${code}`, () => {
    assert.equal(exitStatusOf(failure(code)), status)
  })
}

test('exitStatusOf gives a refused permission precedence over what it kept from happening', () => {
  assert.equal(exitStatusOf(failure('ERR_LOG_OPEN', failure('EACCES'))), 77)
  assert.equal(exitStatusOf(failure('ERR_CANNOT_LISTEN', failure('EACCES'))), 77)
  assert.equal(exitStatusOf(failure('ERR_LOG_OPEN', failure('ENOENT'))), 73)
})

test('exitStatusOf knows nothing of what nobody foresaw', () => {
  for (const error of [new Error('boom'), failure('ERR_OTHER'), 'text', null, undefined, 5]) {
    assert.equal(exitStatusOf(error), undefined)
    assert.equal(complaintOf(error, 'cannot start x').status, 70)
  }
})

test('complaintOf puts an error of the system into words', () => {
  try {
    readFileSync('/nowhere/at/all')
    assert.fail('it is there')
  } catch (error) {
    const { line, status } = complaintOf(error, 'cannot start x')
    assert.equal(line, 'cannot open /nowhere/at/all: no such file or directory')
    assert.equal(status, 66)
  }
})

test('complaintOf keeps one line, without what a terminal acts on', () => {
  const complaint = complaintOf(new Error('\n\u001b[31mred\nand more'), 'cannot start x')
  assert.equal(complaint.line, 'cannot start x: [31mred')
  assert.equal(printed(complaint), 'runner: cannot start x: [31mred\n')
})

test('complaintOf takes over what says itself what can not be done, and its hint', () => {
  const error = Object.assign(new Error('cannot fly: no wings'), { hint: 'grow some' })
  assert.equal(
    printed(complaintOf(error, 'cannot start x')),
    'runner: cannot fly: no wings\nhint: grow some\n',
  )
})

test('complaintOf keeps a reason that comes after a line break of what somebody typed', () => {
  const text = 'cannot serve no\nsuch: there is no such directory'
  const foreseen = Object.assign(new Error(text), { exitStatus: 66 })
  const whole = 'runner: cannot serve no such: there is no such directory\n'
  assert.equal(printed(complaintOf(foreseen, 'cannot start x')), whole)
  assert.equal(printed(complaintOf(new Error(text), 'cannot start x')), 'runner: cannot serve no\n')
  const usage = Object.assign(new Error('bad value a\nb: no number'), { code: 'ERR_USAGE' })
  assert.equal(
    printed(complaintOf(usage, 'cannot run x')),
    'runner: cannot run x: bad value a b: no number\n',
  )
})
