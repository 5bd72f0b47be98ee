import { resolve } from 'node:path'
import {
  checkServerString,
  EndpointStringError,
  quoteStringArgument,
  saidOf,
  splitEndpoint,
} from '@runnerd/internet/endpoints'
import { camelCase } from '@runnerd/options'

type Values = Readonly<Record<string, unknown>>

/**
 * Checks the endpoint strings that a plugin's options have. One of a dropin's type is
 * left to the dropin.
 *
 * @param names the options that have some
 * @param directory where the paths of UNIX sockets are meant from; as they are if left out
 * @returns all values, with those paths made absolute
 * @throws UsageError naming the option and the part that is wrong
 */
export function checkEndpoints(
  names: readonly string[],
  values: Values,
  directory: string | undefined,
): Values {
  const moved: Record<string, unknown> = { ...values }
  for (const name of names) {
    const value = values[name] as string | readonly string[]
    for (const each of [value].flat()) check(name, each)
    if (directory === undefined) continue
    const absolute = (each: string): string => fromDirectory(directory, each)
    for (const key of [name, camelCase(name)]) {
      moved[key] = typeof value === 'string' ? absolute(value) : value.map(absolute)
    }
  }
  return moved
}

function check(name: string, description: string): void {
  try {
    checkServerString(description)
  } catch (error) {
    throw error instanceof EndpointStringError ? saidOf(`--${name}`, error) : error
  }
}

/** The path of a UNIX socket is meant from where runner was started, as any other of an option. */
function fromDirectory(directory: string, description: string): string {
  const { prefix, args, keywords } = splitEndpoint(description)
  if (prefix !== 'unix') return description
  const [first, ...rest] = args
  const words = [
    ...(first === undefined ? [] : [resolved(directory, first), ...rest]).map(quoteStringArgument),
    ...Object.entries(keywords).map(([name, value]) => {
      const text = name === 'path' ? resolved(directory, value) : value
      return `${name}=${quoteStringArgument(text)}`
    }),
  ]
  return [prefix, ...words].join(':')
}

function resolved(directory: string, path: string): string {
  return path.startsWith('\0') ? path : resolve(directory, path)
}
