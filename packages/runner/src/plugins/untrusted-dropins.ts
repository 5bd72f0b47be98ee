import {
  type Discovery,
  distrustedDropins,
  type FoundDirectory,
  type PluginFault,
} from '@runnerd/plugin'

/**
 * The dropins that a run refuses, since somebody else could have written them.
 * The plain list shows them: from a warm cache it looks at less of what a plugin's
 * code is.
 */
export function untrustedDropins(
  directories: readonly FoundDirectory[],
  { plugins, endpointTypes }: Discovery,
): PluginFault[] {
  const distrusted = distrustedDropins(directories)
  const byFile = new Map([...plugins, ...endpointTypes].map((each) => [each.file, each]))
  return [...byFile.values()].flatMap(({ file, dir, package: of }) => {
    const distrust = distrusted.get(file)
    if (distrust === undefined) return []
    const reason = `not run, ${distrust.path}: ${distrust.reason}`
    return [{ file, dir, reason, ...(of ? { package: of } : {}) }]
  })
}
