import { log } from '@runnerd/logging'
import type { IService, ServiceMetric } from '@runnerd/service'
import type { Labels, MetricFamilies } from './metric-family.ts'

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
  try {
    let count = 0
    for (const metric of service.metrics?.() ?? []) {
      count += 1
      if (count > MOST) throw new Error(`it has more than ${MOST}`)
      const fault = faultOf(metric, families)
      if (fault === undefined) families.add(metric, metric.value, labelsOf(metric, path))
      else complain(path, `${String(metric?.name)}: ${fault}`)
    }
  } catch (error) {
    complain(path, String((error as Error | undefined)?.message ?? error))
  }
}

function faultOf(metric: ServiceMetric, families: MetricFamilies): string | undefined {
  const { name, help, type, value } = metric
  if (!NAME.test(name)) return 'not a name that Prometheus takes'
  // prom-client keeps names in an object, has these there already, and would fail as a whole.
  if (name in Object.prototype) return 'not a name that can be kept'
  if (OURS.test(name)) return "that is how runner's own begin"
  if (type !== 'counter' && type !== 'gauge') return 'it is neither a counter nor a gauge'
  if (typeof help !== 'string') return 'it has no help'
  if (typeof value !== 'number' || Number.isNaN(value)) return 'its value is no number'
  if ((families.head(name)?.type ?? type) !== type) return 'another service has it as another type'
  return undefined
}

function labelsOf({ labels = {} }: ServiceMetric, path: string): Labels {
  const own = Object.entries(labels).filter(([name]) => LABEL.test(name) && !ADDED.includes(name))
  const short = own.map(([name, value]) => [name, String(value).slice(0, LONGEST)])
  return { service: path, ...Object.fromEntries(short) }
}

/** Once each, for it is asked again and again. */
function complain(path: string, fault: string): void {
  const line = `Metrics of ${path} left out: ${fault}`
  if (said.has(line) || said.size >= MOST) return
  said.add(line)
  log.warn(line)
}
