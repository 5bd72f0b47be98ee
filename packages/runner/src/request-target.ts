/** What stands behind the method of a request, taken apart. */
export interface RequestTarget {
  readonly path: string
  readonly query: URLSearchParams
  /** Whom it names itself; it counts, and not what the header says. */
  readonly host: string | undefined
}

/**
 * Takes a target apart: a path, as clients write it, or whole, as for a proxy.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function requestTarget(url = ''): RequestTarget {
  const [, host, rest = url] = /^https?:\/\/([^/?]*)(.*)$/is.exec(url) ?? []
  const mark = `${rest}?`.indexOf('?')
  const path = rest.slice(0, mark)
  return {
    path: path === '' && host !== undefined ? '/' : path,
    query: new URLSearchParams(rest.slice(mark)),
    host,
  }
}
