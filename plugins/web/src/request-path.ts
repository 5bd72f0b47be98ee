/** What a request asks for. */
export interface RequestPath {
  /** The names on the way, decoded; none for the root. */
  readonly segments: readonly string[]
  /** Whether it ends with a slash, as that of a directory does. */
  readonly isDirectory: boolean
  /** What follows the path, with its `?`; or nothing. */
  readonly search: string
}

/** Names that no file has, or that mean another one: on Windows more than elsewhere. */
const UNFIT = process.platform === 'win32' ? /[\0/\\:]/ : /[\0/]/

/**
 * Reads the target of a request: its dot segments are resolved as RFC 3986, 5.2.4, has it,
 * so that it leads nowhere above the root.
 *
 * @returns `undefined` for one that is malformed
 */
export function requestPath(target: string): RequestPath | undefined {
  const [, path = '', search = ''] =
    /^(?:https?:\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?/i.exec(target) ?? []
  if (!path.startsWith('/')) return path === '' && target !== '' ? root(search) : undefined
  const segments: string[] = []
  const raw = path.split('/').slice(1)
  for (const each of raw) {
    const name = decoded(each)
    if (name === undefined || UNFIT.test(name)) return undefined
    if (name === '..') segments.pop()
    else if (name !== '' && name !== '.') segments.push(name)
  }
  const last = decoded(raw.at(-1) ?? '')
  return { segments, search, isDirectory: last === '' || last === '.' || last === '..' }
}

/** The address of it, which names no host whatever it was made of. */
export function addressOf({ segments, isDirectory, search }: RequestPath): string {
  const path = segments.map((each) => `/${encodeURIComponent(each)}`).join('')
  return `${path}${isDirectory || path === '' ? '/' : ''}${search}`
}

function root(search: string): RequestPath {
  return { segments: [], isDirectory: true, search }
}

function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
