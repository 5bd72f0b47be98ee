import type { Engine } from '../export/engine.ts'
import type { ExportedRun } from '../export/exported-run.ts'
import { containerNotes, containerRun } from '../export-containers/container-run.ts'
import { USER } from '../export-containers/in-image.ts'
import { pathsInImage } from '../export-containers/paths-in-image.ts'
import { readOnlyNotes } from '../export-containers/read-only-notes.ts'
import { type SecretFile, withSecrets } from '../export-containers/secret-files.ts'
import { yamlText } from '../export-containers/yaml-text.ts'
import { shellWord } from '../shell-line.ts'
import type { KubernetesValues } from './kubernetes-options.ts'
import { type MonitorProbes, monitorProbes } from './monitor-probes.ts'
import { objectsOf } from './objects.ts'
import { cannotExport, refuseValues } from './refuse-values.ts'

const ABOUT = '# kubectl apply --filename kubernetes.yaml\n'

/** Makes the objects of a run for Kubernetes 1.25 and later. */
export const kubernetes: Engine = (given, options) => {
  const values = options as unknown as KubernetesValues
  refuseValues(given.name, given.user, values)
  const { run: hidden, secrets } = withSecrets(given, 'kubernetes', values.secret)
  const run = pathsInImage(hidden)
  const container = containerRun(run, 'kubernetes')
  const monitor = monitorProbes(run, container)
  if (values['service-monitor'] === true && monitor.port === undefined) {
    throw cannotExport('its monitor is where Prometheus does not reach it', 'leave --monitor out')
  }
  const [user = '', group = user] = (run.user ?? USER).split(':')
  if (!/^[1-9]\d*$/.test(user)) {
    const hint = 'say its number, as --user before the dashes; root may not'
    throw cannotExport(`a pod runs as a number, not as ${user}`, hint)
  }
  const ids = { user: Number(user), group: Number(group) }
  const objects = objectsOf({ run, container, monitor, secrets, values, ...ids })
  const texts = objects.map(yamlText)
  return {
    files: [{ name: 'kubernetes.yaml', text: `${ABOUT}${texts.join('---\n')}` }],
    notes: [
      ...containerNotes(run),
      ...readOnlyNotes(run, values),
      ...notesOf(run, values, monitor, secrets),
    ],
  }
}

function notesOf(
  { name }: ExportedRun,
  { image, namespace }: KubernetesValues,
  { port }: MonitorProbes,
  secrets: readonly SecretFile[],
): string[] {
  const files = secrets.map(({ name, file }) => shellWord(`--from-file=${name}=${file}`)).join(' ')
  const where = namespace === undefined ? '' : `--namespace ${namespace} `
  return [
    ...(image === undefined ? [`the cluster has to have an image ${name}: --image names it`] : []),
    ...(secrets.length === 0
      ? []
      : [`first kubectl create secret generic ${where}${name} ${files}`]),
    ...(port === undefined
      ? [`the cluster does not reach the monitor of ${name}: nothing restarts one that hangs`]
      : []),
  ]
}
