import { cannotExport, malformed } from '../export/cannot-export.ts'
import { refuseContainerValues } from '../export-containers/refuse-container-values.ts'
import type { ComposeValues } from './compose-options.ts'

/** What Swarm calls a service, as a part of a name of DNS; its stack's name comes before it. */
const NAME = /^[A-Za-z0-9](?:[-_]*[A-Za-z0-9])*$/
const LONGEST_NAME = 63

/** Docker counts in billionths, of processors and of seconds, up to 2 ** 63. */
const LAST = Math.floor(2 ** 63 / 1e9)
const LAST_BYTES = 2 ** 63

/** No container begins with less. */
const LEAST_CPUS = 0.01
const LEAST_MEMORY = 6 * 2 ** 20

/** The shortest time between two looks. */
const LEAST_INTERVAL = 0.001

/** After their power of 1024; an empty text is at its beginning. */
const UNITS = 'bkmg'

/** @throws UsageError for what Compose or Swarm would refuse */
export function refuseValues(name: string, user: string | undefined, values: ComposeValues): void {
  const cannot = (option: string, need: string, value: string | number): Error =>
    malformed('compose', option, need, value)
  const { replicas, cpus, memory, publish, 'endpoint-mode': mode } = values
  const { 'probe-interval': interval } = values
  if (!NAME.test(name) || name.length > LONGEST_NAME) {
    const reason = `a name there is of at most ${LONGEST_NAME} letters, digits, - and _, not ${name}`
    throw cannotExport('compose', reason, '--name before the dashes gives it another')
  }
  if (!Number.isSafeInteger(replicas) || replicas < 0) {
    throw cannot('replicas', `a whole number of at most ${Number.MAX_SAFE_INTEGER}`, replicas)
  }
  if (!(cpus >= LEAST_CPUS && cpus <= LAST && isBillionths(cpus))) {
    throw cannot('cpus', `a number from ${LEAST_CPUS} to ${LAST} with at most 9 decimals`, cpus)
  }
  if (!(interval >= LEAST_INTERVAL && interval <= LAST)) {
    const need = `a number of seconds from ${LEAST_INTERVAL} to ${LAST}`
    throw cannot('probe-interval', need, interval)
  }
  const bytes = bytesOf(memory)
  if (!(bytes >= LEAST_MEMORY && bytes < LAST_BYTES)) {
    throw cannot('memory', 'a number of bytes, with K, M or G, from 6M to 2 ** 63', memory)
  }
  refuseContainerValues('compose', user, values)
  if (mode === 'dnsrr' && publish) {
    const reason = 'Swarm publishes no port of a service of endpoint mode dnsrr'
    throw cannotExport('compose', reason, 'use --no-publish')
  }
}

function isBillionths(number: number): boolean {
  return !/\.\d{10}/.test(String(number))
}

/** NaN for what says no number of bytes. */
function bytesOf(memory: string): number {
  const [, digits, unit = ''] = /^([1-9]\d*)(?:b|([kmg])b?)?$/i.exec(memory) ?? []
  return digits === undefined
    ? Number.NaN
    : Number(digits) * 1024 ** UNITS.indexOf(unit.toLowerCase())
}
