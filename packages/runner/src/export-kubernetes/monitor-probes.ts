import { serverPlaceOf, splitEndpoint } from '@runnerd/internet/endpoints'
import type { ExportedRun } from '../export/exported-run.ts'
import type { ContainerRun } from '../export-containers/container-run.ts'
import { monitorPort } from '../export-containers/monitor-port.ts'

/** How often it is asked whether it is ready, in seconds. */
const READY_PERIOD = 2

/** How the health of a run is looked at. */
export interface MonitorProbes {
  /** The port of the monitor that others of the cluster reach; `undefined` if none do. */
  readonly port: number | undefined
  /** Where it listens, if the run doesn't say so itself. */
  readonly endpoint: string | undefined
  readonly tls: boolean
  readonly probes: object
}

/**
 * The probes of a run. Its monitor listens on the address of the pod; where the run has it
 * elsewhere, `runner health` asks in the container, and nobody asks whether it lives.
 */
export function monitorProbes(run: ExportedRun, container: ContainerRun): MonitorProbes {
  const { monitor } = run.settings
  if (monitor === undefined) {
    const port = monitorPort(run)
    const probes = asked('HTTP', container)
    return { port, endpoint: `tcp:${port}`, tls: false, probes }
  }
  const place = serverPlaceOf(monitor, splitEndpoint(monitor))
  const isReached =
    place?.kind === 'tcp' && place.port !== 0 && !/^(localhost|::1|127\..*)$/.test(place.interface)
  if (!isReached) {
    const probes = { readinessProbe: ready({ exec: { command: container.probe } }) }
    return { port: undefined, endpoint: undefined, tls: false, probes }
  }
  const tls = place.tls !== undefined
  const probes = asked(tls ? 'HTTPS' : 'HTTP', container)
  return { port: place.port, endpoint: undefined, tls, probes }
}

function asked(scheme: 'HTTP' | 'HTTPS', container: ContainerRun): object {
  const at = (path: string): object => ({ httpGet: { path, port: 'monitor', scheme } })
  return {
    startupProbe: {
      ...at('/livez'),
      periodSeconds: 1,
      timeoutSeconds: 5,
      // The monitor is there before the services are.
      failureThreshold: Math.max(container.startDeadline, 1),
    },
    readinessProbe: ready(at('/readyz')),
    livenessProbe: { ...at('/livez'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
  }
}

function ready(look: object): object {
  return { ...look, periodSeconds: READY_PERIOD, timeoutSeconds: 5, failureThreshold: 2 }
}
