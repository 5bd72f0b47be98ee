import { basename, extname } from 'node:path'
import { contentType } from 'mime-types'

const byExtension = new Map<string, string>()

/** The media type of a file by its name, with the charset of a text: UTF-8. */
export function contentTypeOf(path: string): string {
  const extension = extname(basename(path)).toLowerCase()
  let type = byExtension.get(extension)
  if (type === undefined) {
    type = (extension !== '' && contentType(extension)) || 'application/octet-stream'
    // There are only so many extensions that have a type.
    if (type !== 'application/octet-stream') byExtension.set(extension, type)
  }
  return type
}
