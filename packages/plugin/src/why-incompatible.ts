import type { CachedPackage } from './cached-directory.ts'

/** Why a package doesn't fit a version of runner. What asks for this very one needs no library. */
export async function whyIncompatible(
  { needs }: CachedPackage,
  version: string,
): Promise<string | undefined> {
  if (needs === undefined || needs === '*' || needs === `^${version}`) return undefined
  const { fitsRange } = await import('./fits-range.ts')
  if (fitsRange(version, needs)) return undefined
  return `it needs runnerd ${needs}, this is runnerd ${version}`
}
