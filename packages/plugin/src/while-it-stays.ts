import { fileKey, sameKey } from './file-key.ts'
import { isAmiss, type ScannedUnit } from './scanned-directory.ts'

/** How often a package is read anew that is replaced each time. */
const MOST = 5

/**
 * Reads a package anew when something is amiss with it and its package.json isn't
 * the one any more that it was before: it is being replaced, or was moved away,
 * and what was found is half of one package and half of another, or of none.
 */
export async function whileItStays(
  packageJson: string,
  read: () => Promise<ScannedUnit>,
): Promise<ScannedUnit> {
  for (let left = MOST; ; left -= 1) {
    const key = fileKey(packageJson)
    const unit = await read()
    if (left === 0 || !isAmiss(unit) || sameKey(key, fileKey(packageJson))) return unit
  }
}
