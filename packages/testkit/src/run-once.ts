import type { Application, IServiceMaker } from 'runnerd'
import { makeTree, startTree } from './make-tree.ts'
import type { OptionArguments } from './option-arguments.ts'
import { type ProbeLine, reasonOf } from './probe-report.ts'
import { drained, settled } from './quiet.ts'
import { readOptions } from './read-options.ts'
import { newResources, newTraces, traces } from './traces.ts'

/** The longest that a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1

type Report = (line: ProbeLine) => void

/** Makes, starts and stops a service, and reports what is wrong with that. */
export async function runOnce(maker: IServiceMaker, args: unknown, report: Report): Promise<void> {
  const imported = traces()
  report({ step: 'its options are parsed' })
  const values = await held(() =>
    attempt("can't be made", readOptions(maker, args as OptionArguments), report),
  )
  if (values === undefined) return
  await settled(imported)
  const before = traces()
  report({ step: 'its service is made' })
  const tree = await held(() => attempt("can't be made", makeTree(maker, values), report))
  await settled(before)
  for (const each of newTraces(before)) report({ fault: `makeService ${each}` })
  if (tree === undefined) return
  const made = traces()
  await held(() => startAndStop(tree.application, report))
  await settled(made)
  // What is being closed may take a while; a timer that is left was forgotten.
  const left = newResources(made)
  if (left.length > 0 && !left.includes('Timeout')) await drained()
  for (const each of newTraces(made)) report({ fault: `after its stop it ${each}` })
}

/** As in a run, the process stays up while something is awaited that doesn't keep it. */
async function held<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, LONGEST)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

async function startAndStop(application: Application, report: Report): Promise<void> {
  report({ step: 'its service starts' })
  await attempt("can't be started", startTree(application), report)
  report({ step: 'its service stops' })
  await attempt("can't be stopped", application.stopService(), report)
}

async function attempt<T>(
  failed: string,
  work: Promise<T>,
  report: Report,
): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    report({ fault: `${failed}: ${reasonOf(error)}` })
    return undefined
  }
}
