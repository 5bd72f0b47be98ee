import type { Stats } from 'node:fs'
import { contentTypeOf } from './content-type.ts'
import type { Encoding } from './encodings.ts'
import type { Validators } from './preconditions.ts'

/** A file as it is answered with, in the state that it was found in. */
export interface SiteFile {
  /** Where it was found. */
  readonly path: string
  /** Where that is, with no link on the way. */
  readonly real: string
  /** What the client has asked for: says the media type. */
  readonly name: string
  /** How it is compressed, if it stands for another. */
  readonly encoding: Encoding | undefined
  readonly stats: Stats
  readonly validators: Validators
  /** Those of an answer with all of it. */
  readonly headers: Readonly<Record<string, string | number>>
  /** All of it, if that is kept. */
  readonly body: Buffer | undefined
}

/** Which file it is, whatever state it is in. */
export type Identity = Pick<SiteFile, 'path' | 'real' | 'name' | 'encoding'>

export function siteFile(identity: Identity, stats: Stats, body?: Buffer): SiteFile {
  const { path, real, name, encoding } = identity
  const { size, mtimeMs, mtime } = stats
  const state = `${size.toString(16)}-${mtimeMs.toString(16)}`
  const etag = encoding === undefined ? `"${state}"` : `"${state}-${encoding.name}"`
  const validators = { etag, 'last-modified': mtime.toUTCString() }
  const headers = {
    'content-type': contentTypeOf(name),
    'content-length': size,
    ...validators,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    ...(encoding && { 'content-encoding': encoding.name }),
    // Also where there is no other kind of it: there may be one tomorrow.
    vary: 'Accept-Encoding',
  }
  return { path, real, name, encoding, stats, validators, headers, body }
}

/** Whether nothing has been done to a file. */
export function isUnchanged(before: Stats, now: Stats): boolean {
  return (
    before.ino === now.ino &&
    before.dev === now.dev &&
    before.size === now.size &&
    before.mtimeMs === now.mtimeMs &&
    before.ctimeMs === now.ctimeMs
  )
}
