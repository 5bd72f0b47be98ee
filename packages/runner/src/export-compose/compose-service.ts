import type { ExportedRun } from '../export/exported-run.ts'
import type { ContainerRun } from '../export-containers/container-run.ts'
import { imageFor } from '../export-containers/refuse-container-values.ts'
import type { ComposeValues } from './compose-options.ts'

/** After how many looks in a row that find it unwell it is replaced. */
const RETRIES = 3

/** For how long one that is new is watched before the next is replaced. */
const WATCHED = '10s'

/** Who runs it, and with which secrets. */
export interface ComposeOwner {
  readonly user: string
  readonly secrets: readonly object[]
}

/** The service of a run, as a plain object in the words of Compose. */
export function composeService(
  run: ExportedRun,
  container: ContainerRun,
  values: ComposeValues,
  { user, secrets }: ComposeOwner,
): object {
  const { words, environment, stopDeadline } = container
  const ports = values.publish ? container.ports : []
  return {
    image: imageFor('compose', run.name, values.image),
    command: words,
    environment,
    user,
    read_only: true,
    // Swarm takes no notice of `tmpfs`.
    ...(values.writable === undefined
      ? {}
      : { volumes: values.writable.map((target) => ({ type: 'tmpfs', target })) }),
    cap_drop: ['ALL'],
    // Else nobody waits for what the programs that it starts leave behind.
    ...(run.startsProcesses ? { init: true } : {}),
    ...(ports.length === 0
      ? {}
      : {
          ports: ports.map(({ port, protocol }) => ({ target: port, published: port, protocol })),
        }),
    ...(secrets.length === 0 ? {} : { secrets }),
    healthcheck: healthcheck(container, values),
    stop_grace_period: `${stopDeadline}s`,
    deploy: deploy(values),
  }
}

function healthcheck(
  { probe, startDeadline }: ContainerRun,
  { 'probe-interval': interval }: ComposeValues,
): object {
  return {
    test: ['CMD', ...probe],
    interval: `${interval}s`,
    timeout: '5s',
    retries: RETRIES,
    start_period: `${startDeadline}s`,
  }
}

/** What only Swarm reads, but for the limits. */
function deploy(values: ComposeValues): object {
  const change = { parallelism: 1, order: 'start-first' }
  return {
    replicas: values.replicas,
    ...(values['endpoint-mode'] === 'vip' ? {} : { endpoint_mode: values['endpoint-mode'] }),
    // The next is replaced only when the one before is ready.
    update_config: { ...change, failure_action: 'rollback', monitor: WATCHED },
    rollback_config: { ...change, failure_action: 'pause', monitor: WATCHED },
    restart_policy: { condition: 'on-failure', delay: '5s' },
    resources: { limits: { cpus: String(values.cpus), memory: values.memory } },
  }
}
