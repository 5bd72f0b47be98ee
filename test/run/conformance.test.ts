import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { noOtherUser } from '../helpers/other-user.ts'
import { root } from '../helpers/paths.ts'
import { chroot } from './conformance/chroot.ts'
import { daemon } from './conformance/daemon.ts'
import { differences } from './conformance/differences.ts'
import { endpoints } from './conformance/endpoints.ts'
import { failures } from './conformance/failures.ts'
import { Half } from './conformance/half.ts'
import { help } from './conformance/help.ts'
import { identity } from './conformance/identity.ts'
import { log } from './conformance/log.ts'
import { manhole } from './conformance/manhole.ts'
import { paths } from './conformance/paths.ts'
import { pidFile } from './conformance/pid-file.ts'
import { plugins } from './conformance/plugins.ts'
import { pluginsAtWork } from './conformance/plugins-at-work.ts'
import { procmon } from './conformance/procmon.ts'
import { profile } from './conformance/profile.ts'
import { noTwistd, Programs } from './conformance/program.ts'
import { rotation } from './conformance/rotation.ts'
import { assertObserved, expectedOf, type Row } from './conformance/row.ts'
import { signals } from './conformance/signals.ts'
import { stop } from './conformance/stop.ts'
import { tac } from './conformance/tac.ts'
import { unfinishedStart } from './conformance/unfinished-start.ts'
import { usage } from './conformance/usage.ts'

/** The scenarios that the reference lists, and one of endpoint strings. */
const SCENARIOS = 55

const rows: readonly Row[] = [
  ...help,
  ...usage,
  ...failures,
  ...daemon,
  ...pidFile,
  ...signals,
  ...unfinishedStart,
  ...stop,
  ...paths,
  ...chroot,
  ...log,
  ...rotation,
  ...identity,
  ...plugins,
  ...tac,
  ...profile,
  ...procmon,
  ...pluginsAtWork,
  ...manhole,
  ...endpoints,
]

const notLinux = process.platform === 'linux' ? undefined : 'it looks into /proc'
const notRoot = noOtherUser || undefined

// Modes are held against what this umask leaves.
process.umask(0o022)
const programs = new Programs()
after(() => programs.remove())

/** A row's name. */
function titleOf(row: Row): string {
  return `${row.row} (${'same' in row ? 'same' : 'differs'}): ${row.does}`
}

describe('as twistd', { concurrency: 4, timeout: 300_000 }, () => {
  for (const row of rows) {
    const skip = notLinux ?? (row.needsRoot ? notRoot : undefined) ?? false
    test(titleOf(row), { skip, concurrency: true }, async (t) => {
      const halves = (['runner', 'twistd'] as const).map((name) =>
        t.test(name, { skip: name === 'twistd' ? (noTwistd ?? false) : false }, async (t) => {
          assertObserved(await row.observe(new Half(t, programs[name])), expectedOf(row, name))
        }),
      )
      await Promise.all(halves)
    })
  }
})

test('every scenario has a row', () => {
  const numbers = new Set(rows.map(({ row }) => row))
  assert.deepEqual(
    [...numbers].sort((a, b) => a - b),
    Array.from({ length: SCENARIOS }, (_, i) => i + 1),
  )
})

test('each difference is shown by a row, and stands in the README with its reason', (t) => {
  const readme = readFileSync(join(root, 'packages', 'runner', 'README.md'), 'utf8')
  const [, section = ''] = /^## Differences from Twisted\n(.*?)^## /ms.exec(readme) ?? []
  const shown = new Set(rows.flatMap((row) => ('differs' in row ? row.differs : [])))
  const said = (difference: string): boolean =>
    section.split('\n').some((line) => line.startsWith(`- ${difference}: `))
  for (const difference of Object.values(differences)) t.diagnostic(difference)
  assert.deepEqual(
    Object.values(differences).filter((each) => !shown.has(each) || !said(each)),
    [],
  )
})
