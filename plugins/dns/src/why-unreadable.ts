import { getSystemErrorMap } from 'node:util'

/** Why a file can't be read, without Node's code, call and path. */
export function whyUnreadable(error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException
  const said = { ENOENT: 'no such file', EISDIR: 'it is a directory' }[code ?? '']
  if (said !== undefined || errno === undefined) return said ?? message
  return getSystemErrorMap().get(errno)?.[1] ?? message
}
