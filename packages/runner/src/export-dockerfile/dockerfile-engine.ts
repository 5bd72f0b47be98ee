import { relative, resolve } from 'node:path'
import type { Engine } from '../export/engine.ts'
import type { ExportedRun } from '../export/exported-run.ts'
import { containerNotes, containerRun } from '../export-containers/container-run.ts'
import { APP, RUNNER, USER } from '../export-containers/in-image.ts'
import { pathsInImage } from '../export-containers/paths-in-image.ts'
import {
  imageFor,
  refuseContainerValues,
  refuseImage,
} from '../export-containers/refuse-container-values.ts'
import { withSecrets } from '../export-containers/secret-files.ts'
import { dockerIgnore } from './docker-ignore.ts'
import { assignment, execForm } from './docker-syntax.ts'
import type { DockerfileValues } from './dockerfile-options.ts'
import { type Installation, installationOf } from './package-manager.ts'

const ENGINE = 'dockerfile'

/** Makes the Dockerfile of the project that a run is of, for Docker as it is in Debian 12. */
export const dockerfile: Engine = (given, options) => {
  const values = options as unknown as DockerfileValues
  refuseContainerValues(ENGINE, given.user, {})
  const { run: hidden, secrets } = withSecrets(given, ENGINE, values.secret)
  const run = pathsInImage(hidden)
  const installation = installationOf(run.cwd)
  const files = secrets.map(({ file }) => file)
  return {
    files: [
      { name: 'Dockerfile', text: textOf(run, installation, values) },
      {
        name: '.dockerignore',
        text: dockerIgnore(files.flatMap((file) => withinProject(run.cwd, file))),
      },
    ],
    notes: [
      ...containerNotes(run),
      ...(run.startsProcesses
        ? [`${run.name} starts programs: docker run --init awaits what they leave behind`]
        : []),
      ...files.map((file) => `${file} is a secret and not in the image: mount it where it says`),
      ...(installation.hasRunner
        ? []
        : ['package.json has no dependency on runnerd: without one the image has no runner']),
    ],
  }
}

/** Its path in the project, if it is there. */
function withinProject(cwd: string, file: string): string[] {
  const path = relative(cwd, resolve(cwd, file))
  return path === '..' || path.startsWith('../') ? [] : [path]
}

function textOf(
  run: ExportedRun,
  { files, install, build, prune }: Installation,
  values: DockerfileValues,
): string {
  const { environment, words, probe, ports, startDeadline } = containerRun(run, ENGINE)
  const image = imageFor(ENGINE, run.name, values.image)
  const base = refuseImage(ENGINE, 'base', values.base)
  const runtime = refuseImage(ENGINE, 'runtime-base', values['runtime-base'] ?? base)
  const commands = [
    ...(files.length === 0
      ? ['COPY . .', ...install.map(asRun)]
      : [`COPY ${execForm([...files, './'])}`, ...install.map(asRun), 'COPY . .']),
    asRun(build),
    asRun(prune),
    '# Nobody needs to read a plugin to list it, nor to write a cache.',
    asRun([...RUNNER, 'plugins', 'build']),
  ]
  const variables = [
    `PATH="${APP}/node_modules/.bin:$PATH"`,
    ...Object.entries({ NODE_ENV: 'production', ...environment }).map(assignment),
  ]
  const probing = `--interval=5s --timeout=5s --start-period=${startDeadline}s --retries=3`
  return lines([
    `# docker build --tag ${image} .`,
    `FROM ${base} AS build`,
    `WORKDIR ${APP}`,
    ...commands,
    '',
    `FROM ${runtime}`,
    `WORKDIR ${APP}`,
    `COPY --from=build ${APP} ./`,
    `ENV ${variables.join(' \\\n    ')}`,
    `USER ${run.user ?? USER}`,
    ...ports.map(({ port, protocol }) => `EXPOSE ${port}/${protocol}`),
    `HEALTHCHECK ${probing} CMD ${execForm(probe)}`,
    `ENTRYPOINT ${execForm(RUNNER)}`,
    `CMD ${execForm(words)}`,
  ])
}

function asRun(words: readonly string[]): string {
  return `RUN ${execForm(words)}`
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}
