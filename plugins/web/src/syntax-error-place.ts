import { spawnSync } from 'node:child_process'

/** As Node begins what it prints of one. */
const PLACE = /^(?:file:\/\/)?(\/.*:\d+)\n/

/** As jiti ends its message, which is of no class. */
const JITI_PLACE = /^ParseError: .*\n\s*(\/.*:\d+:\d+)\s*$/

/** How long Node may take to read a file, in ms. */
const PATIENCE = 10_000

/**
 * Where the mistake is that a module could not be read for, as `file:line`. Node keeps that
 * from who catches the error of an ECMAScript module: it is asked once more, without running anything.
 *
 * @param file - the module that was loaded; it may be one that it imports, of which nothing is known
 */
export function syntaxErrorPlace(error: unknown, file: string): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (!(error instanceof SyntaxError)) return JITI_PLACE.exec(error.message)?.[1]
  const place = PLACE.exec(error.stack ?? '')?.[1]
  if (place !== undefined) return place
  const options = { encoding: 'utf8', timeout: PATIENCE, windowsHide: true } as const
  return PLACE.exec(spawnSync(process.execPath, ['--check', file], options).stderr ?? '')?.[1]
}
