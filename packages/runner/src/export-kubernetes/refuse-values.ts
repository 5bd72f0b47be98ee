import {
  cannotExport as cannotExportTo,
  malformed as malformedFor,
} from '../export/cannot-export.ts'
import { refuseContainerValues } from '../export-containers/refuse-container-values.ts'
import type { KubernetesValues } from './kubernetes-options.ts'

const ENGINE = 'kubernetes'

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ (RFC 1035 labels) */
const LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/

/** A namespace may begin with a digit (RFC 1123 labels). */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const MEMORY = /^(\d+(?:\.\d+)?)(?:([kMGTPE])|([KMGTPE])i)?$/
const CPU = /^(\d+(\.\d{1,3})?|[1-9]\d*m)$/

/** The greatest quantity, and the greatest number of anything else. */
const LAST_QUANTITY = 2 ** 63
const LAST = 2 ** 31 - 1

export function cannotExport(reason: string, hint?: string): Error {
  return cannotExportTo(ENGINE, reason, hint)
}

/** @throws UsageError for what the API server would refuse */
export function refuseValues(
  name: string,
  user: string | undefined,
  values: KubernetesValues,
): void {
  const { namespace, replicas, cpu, memory } = values
  const { 'max-replicas': most, 'cpu-target': target } = values
  if (!LABEL.test(name)) {
    const hint = '--name before the dashes gives it another'
    throw cannotExport(`a name there is of a-z, 0-9 and -, not ${JSON.stringify(name)}`, hint)
  }
  if (namespace !== undefined && !NAMESPACE.test(namespace)) {
    throw malformed('namespace', 'a name of a-z, 0-9 and -', namespace)
  }
  if (!isCount(replicas)) throw malformed('replicas', `a whole number of at most ${LAST}`, replicas)
  if (most !== undefined && !(isCount(most) && most >= Math.max(replicas, 1))) {
    const need = `a whole number that is no less than --replicas, and at most ${LAST}`
    throw malformed('max-replicas', need, most)
  }
  if (most !== undefined && replicas === 0) {
    throw cannotExport('--max-replicas takes at least one of --replicas')
  }
  if (!isCount(target) || target < 1) {
    throw malformed('cpu-target', `a whole number of percent, at most ${LAST}`, target)
  }
  if (!CPU.test(cpu) || !isQuantity(Number.parseFloat(cpu))) {
    throw malformed('cpu', 'a number of processors, or of thousandths with m', cpu)
  }
  if (!isQuantity(bytesOf(memory))) {
    throw malformed('memory', 'a number of bytes, with Mi or Gi', memory)
  }
  refuseContainerValues(ENGINE, user, values)
}

function isCount(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= LAST
}

function isQuantity(number: number): boolean {
  return number > 0 && number < LAST_QUANTITY
}

/** NaN for what says no number of bytes. */
function bytesOf(memory: string): number {
  const [, digits, unit = '', binary = ''] = MEMORY.exec(memory) ?? []
  const [base, power] =
    binary === '' ? [1000, ' kMGTPE'.indexOf(unit || ' ')] : [1024, ' KMGTPE'.indexOf(binary)]
  return Number(digits) * base ** power
}

function malformed(option: string, need: string, value: string | number): Error {
  return malformedFor(ENGINE, option, need, value)
}
