import { isDeepStrictEqual } from 'node:util'
import { type OptionsSource, type OptionsSpec, optionsData, renderHelp } from '@runnerd/options'
import { PLUGIN, tapnameFault } from '@runnerd/plugin'
import { describeDropin } from '@runnerd/plugin/describe-dropin'
import { reasonOf } from './probe-report.ts'

/** What a module's service maker declares, and what is wrong with it. */
export interface DeclaredMaker {
  /** The name it is exported by, if it can be run. */
  readonly runnable: string | undefined
  readonly faults: readonly string[]
}

type Candidate = {
  readonly [member in 'tapname' | 'description' | 'options' | 'makeService']?: unknown
}

/** Looks at the one service maker of a module, or at the one called `tapname`. */
export async function declaredMaker(
  exports: ReadonlyMap<string, unknown>,
  tapname: string | undefined,
): Promise<DeclaredMaker> {
  const makers = makersIn(exports)
  const chosen =
    tapname === undefined ? makers : makers.filter(([, maker]) => maker.tapname === tapname)
  const [first, ...others] = chosen
  if (first !== undefined && others.length === 0) return await look(...first)
  const names = makers.map(([, maker]) => String(maker.tapname)).join(', ')
  if (makers.length === 0) {
    const exported = [...exports.keys()].join(', ') || 'nothing'
    return faulty(`exports no service maker, but ${exported}`)
  }
  if (first === undefined) return faulty(`exports no service maker ${tapname}, but ${names}`)
  if (tapname !== undefined) return faulty(`exports several service makers called ${tapname}`)
  return faulty(`exports several service makers (${names}): say which by the option tapname`)
}

function faulty(fault: string): DeclaredMaker {
  return { runnable: undefined, faults: [fault] }
}

/** By brand or by shape, as runner knows them; one that has two names is one. */
function makersIn(exports: ReadonlyMap<string, unknown>): [string, Candidate][] {
  const makers = new Map<unknown, [string, Candidate]>()
  for (const [name, value] of exports) {
    if (typeof value !== 'object' || value === null || makers.has(value)) continue
    if (PLUGIN in value || ('tapname' in value && 'makeService' in value)) {
      makers.set(value, [name, value as Candidate])
    }
  }
  return [...makers.values()]
}

async function look(name: string, maker: Candidate): Promise<DeclaredMaker> {
  const faults: string[] = []
  const tapname = tapnameFault(maker.tapname)
  if (tapname !== undefined) faults.push(tapname)
  if (typeof maker.description !== 'string' || maker.description.trim() === '') {
    faults.push('has no description')
  }
  if (typeof maker.makeService !== 'function') faults.push('has no makeService')
  const isDeclared = faults.length === 0
  const optionFaults = await optionFaultsOf(name, maker, isDeclared)
  const canRun = typeof maker.makeService === 'function' && optionFaults.length === 0
  return { runnable: canRun ? name : undefined, faults: [...faults, ...optionFaults] }
}

async function optionFaultsOf(
  name: string,
  maker: Candidate,
  isDeclared: boolean,
): Promise<string[]> {
  let data: OptionsSpec
  try {
    data = optionsData((await maker.options) as OptionsSource | undefined)
  } catch (error) {
    return [reasonOf(error)]
  }
  const kept = JSON.parse(JSON.stringify(data)) as OptionsSpec
  if (!isDeepStrictEqual(kept, data)) return ['has options that JSON does not keep as they are']
  return isDeclared && (await helpDiffers(name, maker, kept)) ? [CHANGING] : []
}

const CHANGING = 'has options that are others at the next look: runner keeps and shows the first'

/** Whether a second look draws another help than what a cache would have of the first. */
async function helpDiffers(name: string, maker: Candidate, spec: OptionsSpec): Promise<boolean> {
  const { plugins } = await describeDropin(new Map([[name, maker]]))
  const [shown] = plugins
  if (shown === undefined || !isDeepStrictEqual(shown.options, spec)) return true
  const usage = `runner [options] ${shown.tapname} [options]`
  return shown.help !== (await renderHelp({ usage, description: shown.description, spec }))
}
