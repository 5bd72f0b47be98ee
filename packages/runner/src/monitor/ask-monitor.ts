import { connect, type Socket } from 'node:net'
import {
  checkEndpointString,
  type EndpointStringError,
  ourPrefixes,
  type ServerPlace,
  serverPlaceOf,
  splitEndpoint,
  unknownType,
} from '@runnerd/internet/endpoints'
import { UsageError } from '@runnerd/options'
import { askOver, textOf } from '../control/ask.ts'
import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'

/** How long it may be silent, in ms. */
const PATIENCE = 5000

const NOBODY = { status: ExitStatus.UNAVAILABLE, reason: 'nobody listens there' }
const FORBIDDEN = { status: ExitStatus.NOPERM, reason: 'permission denied' }

/** What an operator is told by the code of an error. */
const faults: {
  readonly [code: string]: { readonly status: ExitStatus; readonly reason: string } | undefined
} = {
  ERR_NO_ANSWER: { status: ExitStatus.TEMPFAIL, reason: 'no answer' },
  ECONNREFUSED: NOBODY,
  EAI_AGAIN: { status: ExitStatus.TEMPFAIL, reason: 'its name cannot be looked up at present' },
  ENOENT: NOBODY,
  ENOTFOUND: { status: ExitStatus.UNAVAILABLE, reason: 'no such host' },
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
}

/**
 * Asks a monitor on this machine, by the endpoint that it was given to listen on. With TLS
 * the certificate is not checked: it is asked how it is, and told nothing.
 *
 * @param attempt how each error begins: `cannot check health`
 * @throws UsageError for an endpoint that can't be connected to; RunnerError
 */
export async function askMonitor(
  endpoint: string,
  target: string,
  attempt: string,
): Promise<{ code: number; text: string }> {
  const open = openerOf(endpoint, attempt)
  try {
    const { code, body } = await askOver(open(), { method: 'GET', target, patience: PATIENCE })
    return { code, text: await textOf(body) }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    const { status, reason } = faults[code] ?? { status: ExitStatus.UNAVAILABLE, reason: message }
    const line = `${attempt}: ${endpoint}: ${reason}`
    throw new RunnerError('ERR_NO_MONITOR', status, line, { cause: error })
  }
}

function openerOf(endpoint: string, attempt: string): () => Socket {
  const place = placeOf(endpoint, attempt)
  if (place?.kind === 'unix') return () => connect(place.path)
  if (place?.kind !== 'tcp' || place.port === 0) {
    throw new UsageError(`${attempt}: --monitor ${endpoint} says no place to connect to`)
  }
  const { port, tls } = place
  const host = here(place.interface)
  if (tls === undefined) return () => connect(port, host)
  const secure = process.getBuiltinModule('node:tls')
  return () => secure.connect({ port, host, rejectUnauthorized: false })
}

function placeOf(endpoint: string, attempt: string): ServerPlace | undefined {
  try {
    const prefix = checkEndpointString(endpoint, 'server')
    if (prefix !== undefined) throw unknownType(endpoint, prefix, ourPrefixes('server'))
    return serverPlaceOf(endpoint, splitEndpoint(endpoint))
  } catch (error) {
    const { hint, message, reason = message } = error as EndpointStringError
    const line = `${attempt}: --monitor ${endpoint}: ${reason}`
    throw new UsageError(line, { hint, cause: error })
  }
}

/** Where to reach what listens on an interface of this machine, or on all. */
function here(name: string): string {
  if (name === '::') return '::1'
  return ['', '0.0.0.0', 'localhost'].includes(name) ? '127.0.0.1' : name
}
