import type { ExportedRun } from '../export/exported-run.ts'
import type { ContainerRun } from '../export-containers/container-run.ts'
import { imageFor } from '../export-containers/refuse-container-values.ts'
import { SECRETS, type SecretFile } from '../export-containers/secret-files.ts'
import type { KubernetesValues } from './kubernetes-options.ts'
import type { MonitorProbes } from './monitor-probes.ts'

/** What a pod is made from. */
export interface PodParts {
  readonly run: ExportedRun
  readonly container: ContainerRun
  readonly monitor: MonitorProbes
  readonly secrets: readonly SecretFile[]
  readonly values: KubernetesValues
  /** Numbers, which is all that a cluster knows users by. */
  readonly user: number
  readonly group: number
}

interface Volume {
  readonly mount: object
  readonly volume: object
}

/** The lowest port that needs no privilege. */
const UNPRIVILEGED = 1024

/** The pod of a run, as the restricted level of the pod security standards wants it. */
export function podSpec(parts: PodParts): object {
  const { run, container, values, user, group } = parts
  // Those that nobody else reaches, too.
  const ports = run.listeners.map(({ port = UNPRIVILEGED }) => port)
  const volumes = volumesOf(parts)
  return {
    // It has no business with the API.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: container.stopDeadline,
    // Else nobody waits for what the programs that it starts leave behind.
    ...(run.startsProcesses ? { shareProcessNamespace: true } : {}),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: group,
      fsGroup: group,
      seccompProfile: { type: 'RuntimeDefault' },
      ...(ports.some((port) => port > 0 && port < UNPRIVILEGED)
        ? { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] }
        : {}),
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { 'app.kubernetes.io/name': run.name } },
      },
    ],
    containers: [
      {
        name: run.name,
        image: imageFor('kubernetes', run.name, values.image),
        args: container.words.map(literally),
        envFrom: [{ configMapRef: { name: run.name } }],
        ...portsOf(parts),
        ...parts.monitor.probes,
        resources: {
          requests: { cpu: values.cpu, memory: values.memory },
          limits: { memory: values.memory },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        ...(volumes.length === 0 ? {} : { volumeMounts: volumes.map(({ mount }) => mount) }),
      },
    ],
    ...(volumes.length === 0 ? {} : { volumes: volumes.map(({ volume }) => volume) }),
  }
}

function portsOf({ container, monitor }: PodParts): object {
  const ports = container.ports.map(({ port, protocol }) => ({
    name: portName(port, protocol),
    containerPort: port,
    protocol: protocol.toUpperCase(),
  }))
  const { port: own } = monitor
  const asked = own === undefined ? [] : [{ name: 'monitor', containerPort: own, protocol: 'TCP' }]
  const all = [...ports, ...asked]
  return all.length === 0 ? {} : { ports: all }
}

function volumesOf({ run, secrets, values: { writable = [] } }: PodParts): Volume[] {
  const items = secrets.map(({ name }) => ({ key: name, path: name }))
  // They are root's, and the group of the pod reads them.
  const secret = { secretName: run.name, defaultMode: 0o440, items }
  const ofSecrets = {
    mount: { name: 'secrets', mountPath: SECRETS, readOnly: true },
    volume: { name: 'secrets', secret },
  }
  return [
    ...(secrets.length === 0 ? [] : [ofSecrets]),
    ...writable.map((mountPath, index) => ({
      mount: { name: `writable-${index + 1}`, mountPath },
      volume: { name: `writable-${index + 1}`, emptyDir: {} },
    })),
  ]
}

/** Of the pod and of its Service: at most 15 letters, and one for each protocol. */
export function portName(port: number, protocol: 'tcp' | 'udp'): string {
  return `${protocol}-${port}`
}

/** Doubles what would begin the name of a variable. */
function literally(word: string): string {
  return word.replaceAll('$(', '$$$$(')
}
