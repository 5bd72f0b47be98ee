import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as monitoring from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import * as core from 'kubernetes-models'
import { parseAllDocuments } from 'yaml'
import { ecstasy, ourPlugins, root } from '../helpers/paths.ts'
import { type Ended, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const env = { RUNNER_PLUGIN_PATH: ourPlugins }
const poetry = ['--', 'fastpoetry', '--poem', ecstasy, '--listen']
/** All there is of options. */
const EVERYTHING = [
  ...['--name', 'poems', '--image', 'registry.example/poems:1', '--namespace', 'verse'],
  ...['--user', '12345', '--replicas', '2', '--max-replicas', '9', '--service-monitor'],
  ...['--memory', '1Gi', '--cpu', '0.5', '--writable', '/tmp', '--writable', '/var/cache'],
]

interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  // biome-ignore lint/suspicious/noExplicitAny: what is in there is what is tested
  readonly [part: string]: any
}

async function exported(args: readonly string[], more = {}): Promise<Ended> {
  return await runner(['export', 'kubernetes', ...args], { cwd: root, env: { ...env, ...more } })
}

async function objects(args: readonly string[], more = {}): Promise<KubernetesObject[]> {
  const { status, stdout, stderr } = await exported(args, more)
  assert.equal(status, 0, stderr)
  return parseAllDocuments(stdout, { version: '1.1' }).map((each) => each.toJS())
}

function one(all: readonly KubernetesObject[], kind: string): KubernetesObject {
  const found = all.filter((each) => each.kind === kind)
  assert.equal(found.length, 1, kind)
  return found[0] as KubernetesObject
}

/** Of the published schema, by `apps/v1` and the like. */
function validate(object: KubernetesObject): void {
  const { apiVersion, kind } = object
  const groups: Readonly<Record<string, unknown>> = {
    v1: core.v1,
    'apps/v1': core.apps.v1,
    'policy/v1': core.policy.v1,
    'autoscaling/v2': core.autoscaling.v2,
    'monitoring.coreos.com/v1': monitoring,
  }
  const models = groups[apiVersion] as Record<string, new (data: object) => { validate(): void }>
  const Model = models?.[kind]
  assert.ok(Model, `${apiVersion} ${kind} is not published`)
  new Model(object).validate()
}

test('all objects are as the published schemas want them, with every option and with none', async () => {
  const kinds = ['ConfigMap', 'Service', 'Deployment', 'PodDisruptionBudget']
  const few = await objects([...poetry, 'tcp:10000'])
  assert.deepEqual(
    few.map(({ kind }) => kind),
    kinds,
  )
  const many = await objects([...EVERYTHING, ...poetry, 'tcp:10000', '--listen', 'tcp:100'])
  assert.deepEqual(
    many.map(({ kind }) => kind),
    [...kinds, 'HorizontalPodAutoscaler', 'ServiceMonitor'],
  )
  for (const object of [...few, ...many]) validate(object)
  for (const { metadata } of many) {
    assert.deepEqual([metadata.name, metadata.namespace], ['poems', 'verse'])
  }
})

test('no object has a field that the API does not know', async (t) => {
  const cwd = tempDir(t)
  const all = await objects([...EVERYTHING, ...poetry, 'tcp:100'])
  const modules: Readonly<Record<string, string>> = {
    v1: 'kubernetes-models/v1',
    'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  }
  const lines = all.flatMap((object, n) => {
    const { apiVersion, kind } = object
    const from = modules[apiVersion] ?? `kubernetes-models/${apiVersion}`
    return [
      `import type { I${kind} as Type${n} } from '${from}'`,
      `export const object${n}: Type${n} = ${JSON.stringify(object)}`,
    ]
  })
  // The compiler refuses an unknown property of a literal, however deep.
  writeFileSync(join(cwd, 'objects.mts'), lines.join('\n'))
  symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'))
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', '']
  const { stdout } = spawnSync(process.execPath, [compiler, ...options, 'objects.mts'], { cwd })
  assert.equal(String(stdout), '')
})

test('the pod is restricted, and replaced without a gap', async () => {
  const all = await objects([...EVERYTHING, ...poetry, 'tcp:100'])
  const { strategy, template, replicas } = one(all, 'Deployment').spec
  // The autoscaler's business.
  assert.equal(replicas, undefined)
  assert.deepEqual(strategy.rollingUpdate, { maxSurge: 1, maxUnavailable: 0 })
  const { securityContext, containers, automountServiceAccountToken, volumes } = template.spec
  assert.equal(automountServiceAccountToken, false)
  assert.deepEqual(securityContext, {
    runAsNonRoot: true,
    runAsUser: 12345,
    runAsGroup: 12345,
    fsGroup: 12345,
    seccompProfile: { type: 'RuntimeDefault' },
    sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
  })
  const [container] = containers
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  assert.deepEqual(
    container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath),
    ['/tmp', '/var/cache'],
  )
  assert.equal(volumes.length, 2)
  assert.equal(container.readinessProbe.httpGet.path, '/readyz')
  assert.equal(container.livenessProbe.httpGet.path, '/livez')
  assert.equal(container.lifecycle, undefined)
  assert.equal(one(all, 'PodDisruptionBudget').spec.maxUnavailable, 1)
  assert.deepEqual(
    [
      one(all, 'HorizontalPodAutoscaler').spec.minReplicas,
      one(all, 'HorizontalPodAutoscaler').spec.maxReplicas,
    ],
    [2, 9],
  )
})

test('the grace of a pod is longer than the stop of runner, and its start has its deadline', async () => {
  const stop = ['--', '--stop-timeout', '100', '--drain-delay', '7', '--start-timeout', '50']
  const [, ...words] = [...poetry, 'tcp:10000']
  const { spec } = one(await objects([...stop, ...words]), 'Deployment').spec.template
  assert.ok(spec.terminationGracePeriodSeconds > 107, spec.terminationGracePeriodSeconds)
  const { periodSeconds, failureThreshold } = spec.containers[0].startupProbe
  assert.ok(periodSeconds * failureThreshold >= 50)
})

test('a port has its place in the Service, of each protocol, and the monitor only for Prometheus', async () => {
  const named = await objects([
    '--',
    'dns',
    '--listen',
    'udp:53',
    '--listen',
    'tcp:53',
    '--recursive',
  ])
  const ports = one(named, 'Service').spec.ports
  assert.deepEqual(
    ports.map(({ name, port, protocol }: Record<string, unknown>) => [name, port, protocol]),
    [
      ['udp-53', 53, 'UDP'],
      ['tcp-53', 53, 'TCP'],
    ],
  )
  const watched = await objects(['--service-monitor', ...poetry, 'tcp:10000'])
  const [last] = one(watched, 'Service').spec.ports.slice(-1)
  assert.deepEqual([last.name, last.port], ['monitor', 9464])
  const { endpoints, selector } = one(watched, 'ServiceMonitor').spec
  assert.deepEqual(endpoints, [{ port: 'monitor', path: '/metrics' }])
  assert.deepEqual(selector.matchLabels, one(watched, 'Deployment').spec.selector.matchLabels)
})

test('variables are in the ConfigMap, and other ones take other pods', async () => {
  const args = [...poetry, 'tcp:10000']
  const annotation = (all: KubernetesObject[]): string =>
    one(all, 'Deployment').spec.template.metadata.annotations['runner/configuration']
  const before = await objects(args)
  const after = await objects(args, { RUNNER_FASTPOETRY_MAX_CONNECTIONS: '77' })
  assert.equal(one(after, 'ConfigMap').data.RUNNER_FASTPOETRY_MAX_CONNECTIONS, '77')
  assert.equal(one(after, 'ConfigMap').data.RUNNER_LOG_FORMAT, 'json')
  assert.notEqual(annotation(before), annotation(after))
  assert.equal((await exported(args)).stdout, (await exported(args)).stdout)
})

test('a monitor of the run’s own is asked where it is', async () => {
  const [, ...words] = [...poetry, 'tcp:10000']
  const container = async (monitor: string) => {
    const all = await objects(['--', '--monitor', monitor, ...words])
    assert.equal(one(all, 'ConfigMap').data.RUNNER_MONITOR, undefined)
    return one(all, 'Deployment').spec.template.spec.containers[0]
  }
  const reached = await container('tcp:9000')
  assert.equal(reached.readinessProbe.httpGet.path, '/readyz')
  assert.ok(
    reached.ports.some(
      (port: Record<string, unknown>) => port.name === 'monitor' && port.containerPort === 9000,
    ),
  )
  const hidden = await container('tcp:9000:interface=127.0.0.1')
  assert.deepEqual(hidden.readinessProbe.exec.command.slice(-3), [
    'health',
    '--monitor',
    'tcp:9000:interface=127.0.0.1',
  ])
  assert.equal(hidden.livenessProbe, undefined)
  const both = ['--service-monitor', '--', '--monitor', 'tcp:9000:interface=127.0.0.1', ...words]
  assert.equal((await exported(both)).status, 64)
})

test('a secret file is a Secret, and no part of the objects', async () => {
  const args = ['--parse-only', '--', 'ftp', '--listen', 'tcp:2121', '--password-file', 'users']
  const { status, stdout, stderr } = await exported(args)
  assert.equal(status, 0, stderr)
  assert.match(stderr, /first kubectl create secret generic ftp --from-file=users=users\n/)
  const { spec } = one(
    parseAllDocuments(stdout).map((each) => each.toJS()),
    'Deployment',
  ).spec.template
  assert.deepEqual(spec.volumes[0].secret, {
    secretName: 'ftp',
    defaultMode: 0o440,
    items: [{ key: 'users', path: 'users' }],
  })
  assert.ok(spec.containers[0].args.includes('--password-file=/run/secrets/users'))
})

test('what the cluster would take for a variable is written so that it does not', async () => {
  const [dashes = '', ...words] = [...poetry, 'tcp:10000']
  const all = await objects([dashes, '--prefix', 'a$(HOME)b', ...words])
  assert.ok(one(all, 'Deployment').spec.template.spec.containers[0].args.includes('a$$(HOME)b'))
})

test('what listens on loopback only is said so', async () => {
  const words = ['--', 'web', '--path', 'poetry', '--port', '80']
  const { status, stderr, stdout } = await exported(['--image', 'x', ...words])
  assert.equal(status, 0)
  assert.match(stderr, /^runner: web listens on 127\.0\.0\.1:80 only, .*\n$/)
  // Nobody reaches it by a Service, and it may listen there.
  assert.doesNotMatch(stdout, /^kind: Service$|containerPort: 80$/m)
  assert.match(stdout, /net\.ipv4\.ip_unprivileged_port_start/)
})

for (const [option, value, reason] of [
  ['--name', 'Poems', 'a name there is of a-z, 0-9 and -, not "Poems"'],
  ['--name', '1poems', 'a name there is of a-z, 0-9 and -, not "1poems"'],
  ['--name', 'x'.repeat(64), /^a name there is/],
  ['--namespace', 'a_b', 'option --namespace needs a name of a-z, 0-9 and -, not a_b'],
  ['--replicas', '1.5', /^option --replicas needs a whole number of at most 2147483647, not 1\.5$/],
  ['--replicas', 'many', /--replicas/],
  ['--replicas', '1e30', /^option --replicas needs a whole number of at most 2147483647, not /],
  ['--max-replicas', '2147483648', /^option --max-replicas needs .* at most 2147483647, not /],
  ['--cpu-target', '1e30', /^option --cpu-target needs .* at most 2147483647, not /],
  ['--user', '2147483648', /^option --user needs .* at most 2147483647, not 2147483648$/],
  ['--cpu', '9223372036854775808', /^option --cpu needs /],
  ['--memory', '8Ei', /^option --memory needs /],
  ['--image', 'a b', 'option --image needs the name of an image, in lower case, not a b'],
  ['--image', 'Poems:1', /^option --image needs the name of an image/],
  ['--max-replicas', '0', /^option --max-replicas needs a whole number/],
  ['--memory', '10 MB', 'option --memory needs a number of bytes, with Mi or Gi, not 10 MB'],
  ['--cpu', '0', 'option --cpu needs a number of processors, or of thousandths with m, not 0'],
  ['--cpu-target', '0', /^option --cpu-target/],
  ['--user', 'nobody', 'a pod runs as a number, not as nobody'],
  ['--user', '0', 'a pod runs as a number, not as 0'],
  ['--writable', 'tmp', /^option --writable/],
  ['--secret', 'none', 'fastpoetry has no option --none'],
] as const) {
  test(`${option} ${value.slice(0, 12)} is refused with 64`, async () => {
    const { status, stdout, stderr } = await exported([option, value, ...poetry, 'tcp:10000'])
    assert.deepEqual([status, stdout], [64, ''])
    const [line = ''] = stderr.split('\n')
    const [, said = ''] = /^runner: cannot export to kubernetes: (.*)$/.exec(line) ?? []
    if (typeof reason === 'string') assert.equal(said, reason)
    else assert.match(said, reason)
  })
}

test('a bad option of the run is told of as the run would', async () => {
  const { status, stdout, stderr } = await exported([...poetry, 'tcp:99999'])
  assert.deepEqual([status, stdout], [64, ''])
  assert.match(stderr, /^runner: cannot use --listen tcp:99999: /)
})
