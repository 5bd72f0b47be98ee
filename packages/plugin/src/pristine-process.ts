/** The prototypes that every object has: what is added there is found in all of them. */
const SHARED = [Object.prototype, Function.prototype, Array.prototype]

/** Where to look for functions that were replaced. */
const BUILT_IN = [
  ...[Object, Function, Array, String, Number, Boolean, Symbol, Date, RegExp, Error, TypeError],
  ...[Map, Set, WeakMap, WeakSet, Promise, Proxy, URL, Buffer, ArrayBuffer, Uint8Array],
].flatMap((each) => [each, each.prototype] as object[])

/**
 * Tells whether a dropin left this process as the next one needs it. The
 * environment is given back; what can't be, the directory it runs in and what
 * the language brings along, is looked at.
 */
export class PristineProcess {
  readonly #environment = { ...process.env }
  readonly #directory = directory()
  readonly #globals = globals()
  readonly #parts = new Map(
    [...BUILT_IN, JSON, Math, Reflect, globalThis].filter(Boolean).map((of) => [of, partsOf(of)]),
  )

  /** True when what comes next had better run in another process. */
  isSpoiled(): boolean {
    return (
      directory() !== this.#directory ||
      globals().some((value, at) => value !== this.#globals[at]) ||
      [...this.#parts].some(([of, parts]) => isChanged(of, parts))
    )
  }

  /** Gives back the environment. */
  restore(): void {
    for (const name of Object.keys(process.env)) {
      if (!Object.hasOwn(this.#environment, name)) delete process.env[name]
    }
    for (const [name, value] of Object.entries(this.#environment)) {
      if (process.env[name] !== value) process.env[name] = value
    }
  }
}

type Parts = ReadonlyMap<PropertyKey, unknown>

/** What an object has, each function, or the reader of what is read, by its name. */
function partsOf(of: object): Parts {
  return new Map(Reflect.ownKeys(of).map((key) => [key, partOf(of, key)]))
}

function partOf(of: object, key: PropertyKey): unknown {
  const { value, get } = Object.getOwnPropertyDescriptor(of, key) ?? {}
  return typeof value === 'function' ? value : get
}

function isChanged(of: object, parts: Parts): boolean {
  if (SHARED.includes(of as never) && Reflect.ownKeys(of).length > parts.size) return true
  for (const [key, part] of parts) {
    // A getter may make way for what it got.
    const isSame = of === globalThis ? Object.hasOwn(of, key) : part === partOf(of, key)
    if (!isSame) return true
  }
  return false
}

function directory(): string {
  try {
    return process.cwd()
  } catch {
    return ''
  }
}

function globals(): unknown[] {
  const names = ['Buffer', 'URL', 'JSON', 'Object', 'Promise', 'process', 'setTimeout'] as const
  return names.map((name) => globalThis[name])
}
