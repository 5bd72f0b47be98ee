import { readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, sep } from 'node:path'
import { UsageError } from 'runnerd'
import { Name } from './name.ts'
import { parseRdata } from './rdata-text.ts'
import { isMeta, Type, typeNumber } from './record-types.ts'
import type { Rdata } from './rrset.ts'
import { isTtl, parseTtl } from './ttl.ts'
import { UnreadableError } from './unreadable-error.ts'
import type { FileFault } from './zone-error.ts'
import { type Entry, entriesIn, type Token } from './zone-tokens.ts'

/** A record, and where it is written. */
export interface ZoneRecord {
  readonly owner: Name
  readonly type: number
  readonly ttl: number
  readonly rdata: Rdata
  readonly path: string
  readonly line: number
}

/** What is in a zone's files. */
export interface ZoneText {
  readonly records: readonly ZoneRecord[]
  /** In the order of the files; the records are those without one. */
  readonly faults: readonly FileFault[]
}

/** A file to be included. */
interface Included {
  /** As faults name it. */
  readonly found: string
  readonly real: string
}

/** No file includes others deeper than so. */
const DEEPEST = 10
/** A record without a TTL, and without any before it, where the SOA says nothing either. */
const DEFAULT_TTL = 3600

/**
 * Reads a master file, RFC 1035, section 5, with `$TTL` of RFC 2308 and the unknown types
 * of RFC 3597. `$INCLUDE` takes files of the same directory, and of those in it.
 *
 * @param origin what the zone is called, where the file doesn't begin with `$ORIGIN`; the
 * file's name without an ending `.zone` or `.db` if left out
 * @throws UnreadableError; UsageError if nothing says what it is called
 */
export function readZoneFile(path: string, origin: Name | undefined): ZoneText {
  const real = realpathOf(path)
  const reader = new Reader(dirname(real))
  reader.file(path, origin ?? originOf(path), [real])
  return reader
}

class Reader implements ZoneText {
  readonly records: ZoneRecord[] = []
  readonly faults: FileFault[] = []
  readonly #directory: string
  #ttl: number | undefined
  #lastTtl: number | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  /** @param open - the real paths of it and of those that include it */
  file(path: string, start: Name, open: readonly string[]): void {
    let origin = start
    let owner: Name | undefined
    for (const entry of entriesIn(textOf(path))) {
      const { line } = entry
      if ('reason' in entry) {
        this.faults.push({ path, line, reason: entry.reason })
        continue
      }
      try {
        if (isDirective(entry)) origin = this.#directive(entry, path, origin, open)
        else owner = this.#record(entry, path, origin, owner)
      } catch (error) {
        this.faults.push({ path, line, reason: (error as Error).message })
      }
    }
  }

  /** @returns the origin of what follows */
  #directive({ tokens }: Entry, path: string, origin: Name, open: readonly string[]): Name {
    const [directive, first, second, more] = tokens.map(({ text }) => text)
    const word = String(directive).toUpperCase()
    if (!['$ORIGIN', '$TTL', '$INCLUDE'].includes(word)) {
      throw new Error(`there is no ${directive} here: $ORIGIN, $TTL and $INCLUDE`)
    }
    if (first === undefined) throw new Error(`${word} of what?`)
    const tooMuch = word === '$INCLUDE' ? more : second
    if (tooMuch !== undefined) throw new Error(`${tooMuch} is too much`)
    if (word === '$ORIGIN') return Name.parse(first, origin)
    if (word === '$TTL') this.#ttl = parseTtl(first)
    else {
      const start = second === undefined ? origin : Name.parse(second, origin)
      const { found, real } = this.#included(first, path, open)
      this.file(found, start, [...open, real])
    }
    return origin
  }

  /** Where a file to be included is. @throws Error if it is none that may be */
  #included(file: string, path: string, open: readonly string[]): Included {
    if (open.length > DEEPEST) throw new Error(`files include each other more than ${DEEPEST} deep`)
    const found = isAbsolute(file) ? file : join(dirname(path), file)
    let real: string
    try {
      real = realpathSync(found)
    } catch {
      throw new Error(`cannot include ${file}: no such file`)
    }
    if (!real.startsWith(this.#directory.replace(/[\\/]?$/, sep))) {
      throw new Error(`cannot include ${file}: it is not below ${this.#directory}`)
    }
    if (!statSync(real).isFile()) throw new Error(`cannot include ${file}: it is no file`)
    if (open.includes(real)) throw new Error(`cannot include ${file}: it would include itself`)
    return { found, real }
  }

  /** @returns its owner, which the next may have too */
  #record(
    { line, isIndented, tokens }: Entry,
    path: string,
    origin: Name,
    before: Name | undefined,
  ): Name {
    const words = [...tokens]
    const owner = isIndented ? before : ownerOf(words.shift() as Token, origin)
    if (owner === undefined) throw new Error('no record is before it whose name it could have')
    const { ttl, type } = this.#head(words)
    const rdata = parseRdata(type, words, origin)
    const seconds = ttl ?? this.#ttl ?? this.#lastTtl ?? minimumOf(type, rdata) ?? DEFAULT_TTL
    this.#lastTtl = seconds
    this.records.push({ owner, type, ttl: seconds, rdata, path, line })
    return owner
  }

  /** The TTL and the class may be left out, and stand in either order. */
  #head(words: Token[]): { ttl: number | undefined; type: number } {
    let ttl: number | undefined
    let hasClass = false
    for (;;) {
      const word = words.shift()
      if (word === undefined) throw new Error('there is no type of a record')
      const text = word.isQuoted ? '' : word.text
      if (ttl === undefined && isTtl(text)) ttl = parseTtl(text)
      else if (!hasClass && /^(IN|CH|HS|CS|CLASS\d+)$/i.test(text)) {
        if (!/^(IN|CLASS1)$/i.test(text)) throw new Error(`there is no class but IN, not ${text}`)
        hasClass = true
      } else {
        const type = typeNumber(text)
        if (type === undefined) throw new Error(`there is no type ${word.text}`)
        if (isMeta(type)) throw new Error(`no record is of type ${word.text}`)
        return { ttl, type }
      }
    }
  }
}

/** That of UTF-8, which some editors put before all. */
const BYTE_ORDER_MARK = /^\u00ef\u00bb\u00bf/

function isDirective({ tokens: [first], isIndented }: Entry): boolean {
  return !isIndented && first?.isQuoted === false && first.text.startsWith('$')
}

function ownerOf({ text, isQuoted }: Token, origin: Name): Name {
  return text === '@' && !isQuoted ? origin : Name.parse(text, origin)
}

/** What a SOA says last, which is the TTL of records where there is no other. */
function minimumOf(type: number, rdata: Rdata): number | undefined {
  return type === Type.SOA ? (rdata.at(-1) as Buffer).readUInt32BE() : undefined
}

function originOf(path: string): Name {
  const name = basename(path)
    .replace(/\.(zone|db)$/, '')
    .replace(/^db\./, '')
  try {
    return Name.parse(name)
  } catch {
    throw new UsageError(`cannot use zone ${path}: nothing says what it is called`, {
      hint: `--zone NAME=${path}`,
    })
  }
}

function textOf(path: string): string {
  try {
    // A character for each byte: a text is whatever was written.
    return readFileSync(path, 'latin1').replace(BYTE_ORDER_MARK, '')
  } catch (error) {
    throw new UnreadableError(`zone ${path}`, error)
  }
}

function realpathOf(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    throw new UnreadableError(`zone ${path}`, error)
  }
}
