import { log } from '@runnerd/logging'
import { plainLine } from '@runnerd/options'
import type { IService, ServiceMetric } from '@runnerd/service'
import { attempt, disregard } from '../attempt.ts'
import type { Labels, MetricFamilies } from './metric-family.ts'
import { thrownLine } from './told-line.ts'

/** Prometheus' rules. */
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/

/** What begins so is runner's or prom-client's own. */
const OURS = /^(runner|nodejs|process)_/

/** What is added to each. */
const ADDED: readonly string[] = ['service', 'worker']

/** The most values of one service, and the longest value of a label. */
const MOST = 1000
const LONGEST = 200

/** What was said already of a name that is none. */
const said = new Set<string>()

/** Adds what a service counts and measures, as far as it has the shape that it should have. */
export function addServiceMetrics(families: MetricFamilies, service: IService, path: string): void {
  for (const metric of toldBy(service, path)) {
    try {
      add(families, metric, path)
    } catch (error) {
      complain(path, thrownLine(error))
    }
  }
}

/** None of one that throws in the middle: half of what it counts could be taken for all. */
function toldBy(service: IService, path: string): ServiceMetric[] {
  const told: ServiceMetric[] = []
  try {
    const given = service.metrics?.() ?? []
    disregard(given)
    if (!(Symbol.iterator in given)) throw new Error('metrics() gives no list')
    for (const metric of given) {
      if (told.length < MOST) told.push(metric)
      else {
        complain(path, `it has more than ${MOST}`)
        break
      }
    }
    return told
  } catch (error) {
    complain(path, thrownLine(error))
    return []
  }
}

function add(families: MetricFamilies, metric: ServiceMetric, path: string): void {
  // Read once: what has getters may tell another thing each time.
  const { name, help, type, value, labels } = (metric ?? {}) as ServiceMetric
  const read = { name, help, type, value }
  const fault = faultOf(read, families)
  if (fault !== undefined) complain(path, `${nameIn(name)}: ${fault}`)
  else families.add({ ...read, help: plainLine(help) }, value, labelsOf(labels, path, name))
}

function faultOf({ name, help, type, value }: ServiceMetric, families: MetricFamilies): Fault {
  if (typeof name !== 'string' || !NAME.test(name)) return 'not a name that Prometheus takes'
  // prom-client keeps names in an object, has these there already, and would fail as a whole.
  if (name in Object.prototype) return 'not a name that can be kept'
  if (OURS.test(name)) return "that is how runner's own begin"
  if (type !== 'counter' && type !== 'gauge') return 'it is neither a counter nor a gauge'
  if (typeof help !== 'string') return 'it has no help'
  if (typeof value !== 'number' || Number.isNaN(value)) return 'its value is no number'
  if (type === 'counter' && !(value >= 0 && Number.isFinite(value))) {
    return 'a counter is 0 or more, and finite'
  }
  if ((families.head(name)?.type ?? type) !== type) return 'another service has it as another type'
  return undefined
}

type Fault = string | undefined

function labelsOf(labels: ServiceMetric['labels'], path: string, metric: string): Labels {
  const own: [string, string][] = []
  for (const [name, value] of Object.entries(labels ?? {})) {
    if (LABEL.test(name) && !ADDED.includes(name)) own.push([name, String(value).slice(0, LONGEST)])
    else complain(path, `${metric}: a label cannot be called ${nameIn(name)}`)
  }
  return { service: path, ...Object.fromEntries(own) }
}

function nameIn(name: unknown): string {
  return attempt(() => plainLine(String(name)).slice(0, LONGEST)) ?? 'what cannot be shown'
}

/** Once each, for it is asked again and again. */
function complain(path: string, fault: string): void {
  const line = `Metrics of ${path} left out: ${fault}`
  if (said.has(line) || said.size >= MOST) return
  said.add(line)
  log.warn(line)
}
