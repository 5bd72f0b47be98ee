import type { ExportedRun } from '../export/exported-run.ts'

/** Paths that a unit must be able to read for the run to begin. */
export function readPaths(
  { source, environment }: ExportedRun,
  command: readonly string[],
): string[] {
  const pluginPath = environment.RUNNER_PLUGIN_PATH?.split(':') ?? []
  return [...command, source.file, ...pluginPath].filter((path) => path.startsWith('/'))
}

/** Whether the unit makes it, for its user. */
export function isOwn(path: string, name: string): boolean {
  return /^\/(run|var\/(run|lib|cache))\/([^/]+)/.exec(path)?.[3] === name
}

/** Whether it is below a directory of homes, which `ProtectHome=yes` hides. */
export function isInHome(path: string): boolean {
  return /^\/(home|root|run\/user)(\/|$)/.test(path)
}

/** Whether it is below a directory that the service has one of its own of. */
export function isTemporary(path: string): boolean {
  return /^\/(tmp|var\/tmp)(\/|$)/.test(path)
}
