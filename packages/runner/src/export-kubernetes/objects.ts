import { createHash } from 'node:crypto'
import { type PodParts, podSpec, portName } from './pod.ts'

/**
 * The objects of a run, in the order in which a cluster is to get them.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/
 */
export function objectsOf(parts: PodParts): object[] {
  const { run, container, monitor, values } = parts
  const { 'max-replicas': most } = values
  const variables = {
    ...container.environment,
    ...(monitor.endpoint === undefined ? {} : { RUNNER_MONITOR: monitor.endpoint }),
  }
  const own = { 'app.kubernetes.io/name': run.name }
  const labels = { ...own, 'app.kubernetes.io/managed-by': 'runner-export' }
  const namespace = values.namespace === undefined ? {} : { namespace: values.namespace }
  const metadata = { name: run.name, ...namespace, labels }
  const object = (apiVersion: string, kind: string, rest: object): object => ({
    apiVersion,
    kind,
    metadata,
    ...rest,
  })
  const ports = servicePorts(parts)
  return [
    object('v1', 'ConfigMap', { data: variables }),
    ...(ports.length === 0 ? [] : [object('v1', 'Service', { spec: { selector: own, ports } })]),
    object('apps/v1', 'Deployment', {
      spec: {
        // Those of an autoscaler are its own business.
        ...(most === undefined ? { replicas: values.replicas } : {}),
        selector: { matchLabels: own },
        // A new one is ready before an old one goes.
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        // What does not get ready in this time has failed.
        progressDeadlineSeconds: container.startDeadline + 60,
        template: {
          // Pods read their variables when they begin: other ones take other pods.
          metadata: { labels, annotations: { 'runner/configuration': digest(variables) } },
          spec: podSpec(parts),
        },
      },
    }),
    object('policy/v1', 'PodDisruptionBudget', {
      spec: { maxUnavailable: 1, selector: { matchLabels: own } },
    }),
    ...(most === undefined
      ? []
      : [object('autoscaling/v2', 'HorizontalPodAutoscaler', { spec: autoscaler(parts, most) })]),
    ...(values['service-monitor'] === true
      ? [object('monitoring.coreos.com/v1', 'ServiceMonitor', { spec: collection(parts, own) })]
      : []),
  ]
}

function servicePorts({ container, monitor, values }: PodParts): object[] {
  const ports = container.ports.map(({ port, protocol }) => {
    const name = portName(port, protocol)
    return { name, port, targetPort: name, protocol: protocol.toUpperCase() }
  })
  if (values['service-monitor'] !== true || monitor.port === undefined) return ports
  const { port } = monitor
  return [...ports, { name: 'monitor', port, targetPort: 'monitor', protocol: 'TCP' }]
}

function autoscaler({ run, values }: PodParts, maxReplicas: number): object {
  const target = { type: 'Utilization', averageUtilization: values['cpu-target'] }
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: run.name },
    minReplicas: values.replicas,
    maxReplicas,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
  }
}

function collection({ monitor }: PodParts, own: Readonly<Record<string, string>>): object {
  const scheme = monitor.tls ? { scheme: 'https' } : {}
  return {
    selector: { matchLabels: own },
    endpoints: [{ port: 'monitor', path: '/metrics', ...scheme }],
  }
}

function digest(variables: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(variables)).digest('hex').slice(0, 16)
}
