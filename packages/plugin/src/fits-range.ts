import satisfies from 'semver/functions/satisfies.js'
import validRange from 'semver/ranges/valid.js'

/**
 * Whether a version is within a range of npm's kind. What is no such range, as
 * the words that a workspace or a link has, says nothing and is taken for yes.
 *
 * @see https://docs.npmjs.com/cli/configuring-npm/package-json#dependencies
 */
export function fitsRange(version: string, range: string): boolean {
  if (validRange(range) === null) return true
  return satisfies(version, range, { includePrerelease: true })
}
