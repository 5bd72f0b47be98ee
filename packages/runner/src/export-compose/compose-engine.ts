import { isAbsolute, normalize } from 'node:path'
import { cannotExport } from '../export/cannot-export.ts'
import type { Engine } from '../export/engine.ts'
import type { ExportedRun } from '../export/exported-run.ts'
import { containerNotes, containerRun } from '../export-containers/container-run.ts'
import { USER } from '../export-containers/in-image.ts'
import { pathsInImage } from '../export-containers/paths-in-image.ts'
import { readOnlyNotes } from '../export-containers/read-only-notes.ts'
import { type SecretFile, withSecrets } from '../export-containers/secret-files.ts'
import { yamlText } from '../export-containers/yaml-text.ts'
import type { ComposeValues } from './compose-options.ts'
import { composeService } from './compose-service.ts'
import { literally } from './literally.ts'
import { refuseValues } from './refuse-values.ts'

const ABOUT = ` docker compose up, or docker stack deploy --compose-file compose.yaml NAME.
 Docker 20.10 wants the version, later ones and Compose ignore it.`

/** Makes the file of a run for `docker compose` and `docker stack deploy`, as in Debian 12. */
export const compose: Engine = (given, options) => {
  const values = options as unknown as ComposeValues
  refuseValues(given.name, given.user, values)
  const { run: hidden, secrets } = withSecrets(given, 'compose', values.secret)
  const run = pathsInImage(hidden)
  const container = containerRun(run, 'compose')
  const user = run.user ?? USER
  const service = composeService(run, container, values, { user, secrets: ownedBy(user, secrets) })
  const file = {
    version: '3.8',
    services: { [run.name]: service },
    ...(secrets.length === 0
      ? {}
      : {
          secrets: Object.fromEntries(secrets.map((each) => [each.name, { file: placeOf(each) }])),
        }),
  }
  const text = yamlText(literally(file))
  return {
    files: [{ name: 'compose.yaml', text: `${comment(ABOUT)}\n${text}` }],
    notes: [
      ...containerNotes(run),
      ...readOnlyNotes(run, values),
      ...notesOf(run, values, { user, secrets }),
    ],
  }
}

function comment(text: string): string {
  return text.replace(/^/gm, '#')
}

/** Whoever may read it must own it: a password file is not used that others may read. */
function ownedBy(user: string, secrets: readonly SecretFile[]): readonly object[] {
  if (secrets.length === 0) return []
  const [uid = '', gid = '0'] = user.split(':')
  if (!/^\d+$/.test(uid)) {
    const hint = 'say its number, as --user before the dashes'
    throw cannotExport('compose', `a secret belongs to a number, not ${user}`, hint)
  }
  return secrets.map(({ name }) => ({ source: name, target: name, uid, gid, mode: 0o400 }))
}

/** From the directory of the file. */
function placeOf({ file }: SecretFile): string {
  return isAbsolute(file) ? file : `./${normalize(file)}`
}

function notesOf(
  { name }: ExportedRun,
  { publish, replicas }: ComposeValues,
  { user, secrets }: { readonly user: string; readonly secrets: readonly SecretFile[] },
): string[] {
  const files = secrets.map(({ file }) => file).join(', ')
  return [
    ...(publish && replicas > 1
      ? [`docker compose has no place for ${replicas} on one port: there use --scale ${name}=1`]
      : []),
    ...(secrets.length === 0
      ? []
      : [`docker compose mounts ${files} as it is: it must belong to ${user}, with mode 0400`]),
  ]
}
