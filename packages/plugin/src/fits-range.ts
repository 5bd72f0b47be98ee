import satisfies from 'semver/functions/satisfies.js'
import validRange from 'semver/ranges/valid.js'

/**
 * Whether a version is within a range of npm's kind, by itself or in what a
 * workspace or an alias says. What has no such range says nothing and is taken
 * for yes.
 *
 * @see https://docs.npmjs.com/cli/configuring-npm/package-json#dependencies
 */
export function fitsRange(version: string, needs: string): boolean {
  const range = rangeIn(needs)
  return range === undefined || satisfies(version, range, { includePrerelease: true })
}

/** The range in a peerDependency: of `workspace:^9` and `npm:runnerd@^9` it is `^9`. */
export function rangeIn(needs: string): string | undefined {
  const text = needs.trim()
  const [, workspace] = /^workspace:(.*)$/s.exec(text) ?? []
  if (workspace !== undefined) return /^[\^~*]?$/.test(workspace) ? '*' : ranged(workspace)
  const [, alias] = /^npm:.+@(.*)$/s.exec(text) ?? []
  return ranged(alias ?? text)
}

function ranged(text: string): string | undefined {
  return validRange(text) === null ? undefined : text
}
