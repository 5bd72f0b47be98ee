import { UsageError } from '@runnerd/options'
import type { KubernetesValues } from './kubernetes-options.ts'

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ (RFC 1035 labels) */
const LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const MEMORY = /^[1-9]\d*(\.\d+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$/
const CPU = /^(\d+(\.\d{1,3})?|[1-9]\d*m)$/

export function cannotExport(reason: string, hint?: string): UsageError {
  return new UsageError(`cannot export to kubernetes: ${reason}`, { hint })
}

/** @throws UsageError for what the API server would refuse */
export function refuseValues(name: string, values: KubernetesValues): void {
  const { namespace, replicas, cpu, memory, writable = [] } = values
  const { 'max-replicas': most, 'cpu-target': target } = values
  if (!LABEL.test(name)) {
    const hint = '--name before the dashes gives it another'
    throw cannotExport(`a name there is of a-z, 0-9 and -, not ${JSON.stringify(name)}`, hint)
  }
  if (namespace !== undefined && !LABEL.test(namespace)) {
    throw malformed('namespace', 'a name of a-z, 0-9 and -', namespace)
  }
  if (!Number.isInteger(replicas) || replicas < 0) {
    throw malformed('replicas', 'a whole number', replicas)
  }
  if (most !== undefined && !(Number.isInteger(most) && most >= Math.max(replicas, 1))) {
    throw malformed('max-replicas', 'a whole number that is no less than --replicas', most)
  }
  if (most !== undefined && replicas === 0) {
    throw cannotExport('--max-replicas takes at least one of --replicas')
  }
  if (!Number.isInteger(target) || target < 1) {
    throw malformed('cpu-target', 'a whole number of percent', target)
  }
  if (!CPU.test(cpu) || Number.parseFloat(cpu) === 0) {
    throw malformed('cpu', 'a number of processors, or of thousandths with m', cpu)
  }
  if (!MEMORY.test(memory)) throw malformed('memory', 'a number of bytes, with Mi or Gi', memory)
  const relative = writable.find((dir) => !dir.startsWith('/'))
  if (relative !== undefined) {
    throw malformed('writable', 'a directory of the container, from its root', relative)
  }
}

function malformed(option: string, wanted: string, value: string | number): UsageError {
  return cannotExport(`option --${option} needs ${wanted}, not ${value}`)
}
