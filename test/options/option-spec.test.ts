/**
 * What the types promise. Nothing here can fail when it runs: it fails when it
 * is compiled.
 */
import { test } from 'node:test'
import type { InferredOptions, OptionsSpec } from '@runnerd/options'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles when `A` and `B` are the same type. */
function same<A, B>(_: Same<A, B>): void {}

function infer<const T extends OptionsSpec>(_spec: T): InferredOptions<T> {
  return {} as InferredOptions<T>
}

test('InferredOptions gives each type, undefined when there may be no value', () => {
  const options = infer({
    plain: {},
    text: { type: 'string' },
    port: { type: 'number' },
    flag: { type: 'boolean' },
    count: { type: 'count' },
    list: { type: 'array' },
    numbers: { type: 'number', array: true },
    flags: { type: 'boolean', array: true },
  })
  same<
    typeof options,
    {
      plain: string | undefined
      text: string | undefined
      port: number | undefined
      flag: boolean
      count: number
      list: string[] | undefined
      numbers: number[] | undefined
      flags: boolean[] | undefined
    }
  >(true)
})

test('InferredOptions knows that a default or a demand leaves no undefined', () => {
  const options = infer({
    port: { type: 'number', default: 7000 },
    name: { demandOption: true },
    why: { demandOption: 'it is needed' },
    list: { type: 'array', default: ['a'] },
    maybe: { demandOption: false },
    none: { type: 'number', default: null },
  })
  same<
    typeof options,
    {
      port: number
      name: string
      why: string
      list: string[]
      maybe: string | undefined
      none: number | undefined
    }
  >(true)
})

test('InferredOptions narrows to the choices', () => {
  const options = infer({
    mode: { choices: ['fast', 'slow'], default: 'fast' },
    level: { choices: [1, 2] },
    modes: { choices: ['a', 'b'], array: true },
  })
  same<
    typeof options,
    { mode: 'fast' | 'slow'; level: 1 | 2 | undefined; modes: ('a' | 'b')[] | undefined }
  >(true)
})

test('InferredOptions gives a dashed option under both its names', () => {
  const options = infer({ 'upstream-host-name': { default: 'localhost' }, under_score: {} })
  same<
    typeof options,
    { 'upstream-host-name': string; upstreamHostName: string; under_score: string | undefined }
  >(true)
})

test('InferredOptions refuses an option that was not declared', () => {
  const options = infer({ port: { type: 'number' } })
  // @ts-expect-error: there is no such option
  options.prot
  // @ts-expect-error: it may be undefined
  const port: number = options.port
  void port
})

test('OptionsSpec refuses a word or a value that yargs does not have, and code', () => {
  // @ts-expect-error: not a type of yargs
  infer({ port: { type: 'integer' } })
  // @ts-expect-error: not a word of yargs
  infer({ port: { description: 'x' } })
  // @ts-expect-error: code
  infer({ port: { default: () => 1 } })
  // @ts-expect-error: not JSON
  infer({ port: { default: new Map() } })
  const spec = { port: { type: 'number', default: 1 } } as const satisfies OptionsSpec
  void spec
})
