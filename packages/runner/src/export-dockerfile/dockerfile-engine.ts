import { isAbsolute, normalize } from 'node:path'
import type { Engine } from '../export/engine.ts'
import type { ExportedRun } from '../export/exported-run.ts'
import { containerNotes, containerRun } from '../export-containers/container-run.ts'
import { APP, RUNNER, USER } from '../export-containers/in-image.ts'
import { withSecrets } from '../export-containers/secret-files.ts'
import { dockerIgnore } from './docker-ignore.ts'
import { assignment, execForm } from './docker-syntax.ts'
import type { DockerfileValues } from './dockerfile-options.ts'
import { type Installation, installationOf } from './package-manager.ts'

/** Makes the Dockerfile of the project that a run is of, for Docker as it is in Debian 12. */
export const dockerfile: Engine = (given, options) => {
  const values = options as unknown as DockerfileValues
  const { run, secrets } = withSecrets(given, 'dockerfile', [])
  const installation = installationOf(run.cwd)
  const files = secrets.map(({ file }) => file)
  return {
    files: [
      { name: 'Dockerfile', text: textOf(run, installation, values) },
      { name: '.dockerignore', text: dockerIgnore(files.filter(isInside).map(normalize)) },
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

function isInside(path: string): boolean {
  return !isAbsolute(path) && !normalize(path).startsWith('..')
}

function textOf(
  run: ExportedRun,
  { files, install, build, prune }: Installation,
  { base, image = run.name, 'runtime-base': runtime = base }: DockerfileValues,
): string {
  const { environment, words, probe, ports, startDeadline } = containerRun(run, 'dockerfile')
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
