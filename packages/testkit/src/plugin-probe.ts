/**
 * The child process that looks at a plugin: what to do is in its argument, a
 * report a line goes out on file descriptor 3.
 */
import { writeSync } from 'node:fs'
import { renderHelp } from '@runnerd/options'
import { exportsOf } from '@runnerd/plugin'
import type { IServiceMaker } from 'runnerd'
import { declaredMaker } from './declared-maker.ts'
import { type ProbeLine, type ProbeRequest, REPORT_FD, reasonOf } from './probe-report.ts'
import { settled, watchLoop } from './quiet.ts'
import { runOnce } from './run-once.ts'
import { newTraces, traces } from './traces.ts'

let isDone = false

async function main(request: ProbeRequest): Promise<void> {
  // So that nothing of ours is taken for the plugin's.
  await renderHelp({ usage: '', spec: {} })
  await settled({ resources: [] })
  const before = traces()
  report({ step: 'it is imported' })
  const exports = await exportsAt(request.url)
  await settled(before)
  if (exports !== undefined) {
    const left = newTraces(before)
    if (request.task === 'run') {
      await runOnce(exports.get(request.export) as IServiceMaker, request.args, report)
    } else {
      for (const each of left) report({ fault: `importing it ${each}` })
      report({ step: 'its options are read' })
      const { faults, runnable } = await declaredMaker(exports, request.tapname)
      for (const fault of faults) report({ fault })
      if (runnable !== undefined) report({ runnable })
      await settled(before)
      const more = newTraces(before).filter((each) => !left.includes(each))
      for (const each of more) report({ fault: `reading its options ${each}` })
    }
  }
  // It has been said what was set.
  process.exitCode = undefined
  isDone = true
  report({ end: true })
  // What keeps it from ending has been said.
  if (process.getActiveResourcesInfo().length > 0) process.exit(0)
}

async function exportsAt(url: string): Promise<Map<string, unknown> | undefined> {
  try {
    return exportsOf((await import(url)) as Record<string, unknown>)
  } catch (error) {
    report({ fault: `can't be imported: ${reasonOf(error)}` })
    return undefined
  }
}

function report(line: ProbeLine): void {
  writeSync(REPORT_FD, `${JSON.stringify(line)}\n`)
}

process.on('uncaughtExceptionMonitor', (error) => report({ uncaught: reasonOf(error) }))
watchLoop(() => {
  if (isDone) return
  report({ stuck: true })
  process.exit(0)
})
void main(JSON.parse(process.argv[2] as string) as ProbeRequest)
