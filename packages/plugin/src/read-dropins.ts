import { type CachedPlugin, isListOf, isPlugin, isText } from './cached-directory.ts'
import { type CachedEndpointType, isEndpointType, vettedEndpointType } from './endpoint-type.ts'
import { fileKey, settled, UNSETTLED, type Watch } from './file-key.ts'
import { linkWatches } from './link-key.ts'
import { MovedPaths } from './moved-paths.ts'
import { type ReadRequest, runReader } from './run-reader.ts'
import { vettedPlugin } from './vetted-plugin.ts'

/** What reading a dropin gave. */
export interface ReadDropin {
  readonly plugins: readonly CachedPlugin[]
  readonly endpointTypes?: readonly CachedEndpointType[]
  readonly faults: readonly string[]
  /** What its manifest rests on beside itself. */
  readonly imports: readonly Watch[]
  /** It isn't known to be the dropin's doing: to be tried again and not remembered. */
  readonly passing?: boolean
}

/** What the child reports of one dropin. */
export interface DropinReport {
  readonly plugins: readonly CachedPlugin[]
  readonly endpointTypes?: readonly CachedEndpointType[]
  readonly faults: readonly string[]
  readonly imports: readonly string[]
  /** The symbolic links on the way to them. */
  readonly links: readonly string[]
  /** It left something running. */
  readonly leaves: boolean
}

const UNREADABLE: ReadDropin = {
  plugins: [],
  faults: ['what it declares makes no sense'],
  imports: [],
}

/**
 * Reads dropins by importing them in a child process with closed stdio and
 * limits of time and memory. One that exits, hangs, floods memory or crashes is a
 * fault; if others were read there before, it must do so in a child of its own
 * too: it may have been another's left-over timer. But for one that hangs after
 * those that left nothing running.
 */
export async function readDropins({
  files,
  ...how
}: ReadRequest): Promise<ReadonlyMap<string, ReadDropin>> {
  const read = new Map<string, ReadDropin>()
  let left = [...new Set(files)]
  while (left.length > 0) {
    const startedAt = Date.now()
    const { reports, end } = await runReader({ files: left, ...how })
    const moved = new MovedPaths(startedAt)
    for (const [file, report] of reports) read.set(file, toRead(report, startedAt, moved))
    left = left.filter((file) => !read.has(file))
    if (left.length === 0) break
    const { isLate, ...fault } = end
    const isItsOwn = isLate && [...reports.values()].every((report) => !leaves(report))
    if (reports.size > 0 && !isItsOwn) continue
    read.set(left.shift()!, { plugins: [], imports: [], ...fault })
  }
  return read
}

/** A file that changed after the child began may not be the one it read. */
function toRead(report: object, startedAt: number, moved: MovedPaths): ReadDropin {
  if (!isReport(report)) return UNREADABLE
  const keyOf = (path: string): Watch[1] => (moved.has(path) ? UNSETTLED : fileKey(path))
  const watches = report.imports.map((path): Watch => [path, keyOf(path)])
  const imports = [...settled(watches, startedAt), ...linkWatches(report.links, startedAt)]
  try {
    const types = report.endpointTypes?.map(vettedEndpointType)
    return {
      plugins: report.plugins.map(vettedPlugin),
      ...(types === undefined ? {} : { endpointTypes: types }),
      faults: report.faults,
      imports,
    }
  } catch (error) {
    return { plugins: [], faults: [(error as Error).message], imports }
  }
}

function isTexts(value: unknown): boolean {
  return isListOf(value, isText)
}

function leaves(report: Partial<DropinReport>): boolean {
  return report.leaves !== false
}

/** A dropin may have changed what the child makes its report with. */
function isReport(message: object): message is DropinReport {
  const { plugins, endpointTypes = [], faults, imports, links } = message as Partial<DropinReport>
  const isSound = isListOf(plugins, isPlugin) && isListOf(endpointTypes, isEndpointType)
  return isSound && [faults, imports, links].every(isTexts)
}
