// Measures runner beside `node -e 0`, a bare node server, twistd3 and an oclif
// CLI, in one run: `node scripts/bench.mjs [--rounds N] [--node VERSION]...
// [--only WORD]`, where WORD is discovery, list, change, cold, daemon, log, reload, workers, web
// and so on. Of plugins that serve it says whether their memory is flat, too.
// Prints medians and ratios, and says which targets are missed.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { commands } from './bench/commands.mjs'
import { discovery } from './bench/discovery.mjs'
import { dns } from './bench/dns.mjs'
import { ftp } from './bench/ftp.mjs'
import { log } from './bench/log.mjs'
import { monitor } from './bench/monitor.mjs'
import { installOclif } from './bench/oclif.mjs'
import { portforward } from './bench/portforward.mjs'
import { findNode, runnerVersion, twistdVersion } from './bench/programs.mjs'
import { reload } from './bench/reload.mjs'
import { scale } from './bench/scale.mjs'
import { servers } from './bench/servers.mjs'
import { socks } from './bench/socks.mjs'
import { status } from './bench/status.mjs'
import { printTable } from './bench/table.mjs'
import { web } from './bench/web.mjs'
import { workers } from './bench/workers.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    node: { type: 'string', multiple: true, default: ['20', '24'] },
    only: { type: 'string' },
  },
})

const MISSING = 'not installed, its columns are empty'
const rounds = Number(values.rounds)
const work = mkdtempSync(join(tmpdir(), 'runner-bench-'))
let missed = 0
try {
  console.log(
    `runner ${runnerVersion()}, twistd3: ${twistdVersion() ?? MISSING}, oclif: ${installOclif(join(work, 'oclif')) ?? MISSING}`,
  )
  for (const wanted of values.node) {
    const node = findNode(wanted)
    console.log(`\nnode ${node.version}, ${rounds} rounds`)
    const rows = []
    for (const measure of [
      discovery,
      commands,
      status,
      servers,
      log,
      reload,
      workers,
      web,
      portforward,
      socks,
      dns,
      ftp,
      monitor,
      scale,
    ]) {
      rows.push(...(await measure({ node, rounds, work, only: values.only })))
    }
    missed += printTable(rows, node.major)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(missed === 0 ? '\nEvery target is met.' : `\n${missed} targets are missed.`)
