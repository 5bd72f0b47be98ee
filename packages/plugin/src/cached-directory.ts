import type { JsonValue, OptionsSpec } from '@runnerd/options'
import { type CachedEndpointType, isEndpointType } from './endpoint-type.ts'
import type { Watch } from './file-key.ts'
import type { OutsidePackage } from './outside-package.ts'

/** What is remembered of one plugin: all that listing and help need. */
export interface CachedPlugin {
  readonly tapname: string
  readonly description: string
  /** The name it is exported under. */
  readonly export: string
  readonly options: OptionsSpec
  /** Its help, drawn for the default width. */
  readonly help: string
  /** `false` where several workers must not run it; left out where they may. */
  readonly workers?: false
}

/** What is remembered of one dropin. It holds while every watched file is unchanged. */
export interface CachedDropin {
  /** The module file, relative to the directory. */
  readonly file: string
  /** The module file and the files of its own that it imports. */
  readonly watch: readonly Watch[]
  /** What it was made from in other packages, in a manifest that is carried elsewhere. */
  readonly outside?: readonly OutsidePackage[]
  readonly plugins: readonly CachedPlugin[]
  /** The endpoint types among its exports; left out where there are none. */
  readonly endpointTypes?: readonly CachedEndpointType[]
  /** Why it could not be read, a line each. */
  readonly faults: readonly string[]
  /** The Node it could not be read with; another one may. */
  readonly node?: string
  /** The user who may not trust it; another one may. */
  readonly user?: number
  /** It is as a manifest beside it says. */
  readonly isShipped?: boolean
}

/** What a package.json says of its package. */
export interface CachedPackage {
  readonly name: string
  readonly version: string
  /** The range of `runnerd` that it needs, its peerDependency. */
  readonly needs?: string
}

/** A dropin file or a plugin package, as one thing in a directory. */
export interface CachedUnit {
  readonly watch: readonly Watch[]
  readonly package?: CachedPackage
  readonly dropins: readonly CachedDropin[]
  /** Why its package.json can't be used. */
  readonly fault?: string
  /** Why it doesn't fit this runner; its dropins were not read then. */
  readonly incompatible?: string
  /** The user who may not trust it; another one may. */
  readonly user?: number
}

/** What is remembered of one directory of the module path. */
export interface CachedDirectory {
  /** What tells that packages came or went. */
  readonly watch: readonly Watch[]
  /** By name, in search order. */
  readonly units: readonly (readonly [name: string, unit: CachedUnit])[]
}

/** The same, and whether it is as a manifest says, which can have come from elsewhere with it. */
export interface RememberedDirectory extends CachedDirectory {
  readonly isBuilt?: boolean
}

export type Guard = (value: unknown) => boolean

/**
 * True when a value read from a cache has the shape of one, and stays inside its directory.
 *
 * @param isHeld what each watch must be; in a cache they are numbers
 */
export function isCachedDirectory(
  value: unknown,
  isHeld: Guard = isWatch,
): value is CachedDirectory {
  return (
    isObject(value) &&
    isListOf(value.watch, isHeld) &&
    isListOf(value.units, (each) => isNamedUnit(each, isHeld))
  )
}

const isNamedUnit = (value: unknown, isHeld: Guard): boolean =>
  Array.isArray(value) && isText(value[0]) && isUnit(value[1], isHeld)

const isUnit = (value: unknown, isHeld: Guard): boolean =>
  isObject(value) &&
  isListOf(value.watch, isHeld) &&
  isListOf(value.dropins, (each) => isDropin(each, isHeld)) &&
  isOptional(value.fault, isText) &&
  isOptional(value.incompatible, isText) &&
  isOptional(value.user, isNumber) &&
  isOptional(value.package, isPackage)

const isPackage: Guard = (value) =>
  isObject(value) && isText(value.name) && isText(value.version) && isOptional(value.needs, isText)

const isDropin = (value: unknown, isHeld: Guard): boolean =>
  isObject(value) &&
  isInside(value.file) &&
  isListOf(value.watch, isHeld) &&
  isOptional(value.outside, (each) => isListOf(each, isOutside)) &&
  isListOf(value.plugins, isPlugin) &&
  isOptional(value.endpointTypes, (each) => isListOf(each, isEndpointType)) &&
  isListOf(value.faults, isText) &&
  isOptional(value.node, isText) &&
  isOptional(value.user, isNumber)

const isOutside: Guard = (value) =>
  isObject(value) && isListOf(value.names, isText) && isListOf(value.watch, isWatch)

/** True for a value that has the shape of a plugin. */
export const isPlugin: Guard = (value) =>
  isObject(value) &&
  isText(value.tapname) &&
  isText(value.description) &&
  isText(value.export) &&
  isText(value.help) &&
  isOptional(value.workers, (each) => each === false) &&
  isRecordOf(value.options, isObject)

/** True for a value that has the shape of a watch. */
export const isWatch: Guard = (value) =>
  Array.isArray(value) &&
  isText(value[0]) &&
  (value[1] === null || isText(value[1]) || isKey(value[1]))

// Written out, as there are thousands in a large cache.
const isKey: Guard = (value) =>
  Array.isArray(value) &&
  value.length === 5 &&
  isNumber(value[0]) &&
  isNumber(value[1]) &&
  isNumber(value[2]) &&
  isNumber(value[3]) &&
  isNumber(value[4])

export const isText: Guard = (value) => typeof value === 'string'

const isNumber: Guard = (value) => typeof value === 'number'

const isInside: Guard = (value) =>
  typeof value === 'string' && value[0] !== '/' && !/(^|[/\\])\.\.($|[/\\])/.test(value)

function isObject(value: unknown): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isListOf(value: unknown, guard: Guard): boolean {
  return Array.isArray(value) && value.every(guard)
}

function isRecordOf(value: unknown, guard: Guard): boolean {
  return isObject(value) && Object.values(value).every(guard)
}

function isOptional(value: unknown, guard: Guard): boolean {
  return value === undefined || guard(value)
}
