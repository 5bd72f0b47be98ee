// What `makeService` receives for options declared as data.
import { defineServiceMaker, type InferredOptions, MultiService } from 'runnerd'
import { same } from './same.ts'

defineServiceMaker({
  tapname: 'values',
  description: 'Has an option of each kind.',
  options: {
    text: {},
    defaultText: { default: 'a' },
    nullDefault: { type: 'string', default: null },
    number: { type: 'number' },
    defaultNumber: { type: 'number', default: 7 },
    demanded: { type: 'number', demandOption: true },
    because: { type: 'string', demandOption: 'it is needed' },
    undemanded: { type: 'string', demandOption: false },
    flag: { type: 'boolean' },
    count: { type: 'count' },
    path: { type: 'string', normalize: true, default: '.' },
  },
  makeService(options) {
    same<
      typeof options,
      {
        text: string | undefined
        defaultText: string
        nullDefault: string | undefined
        number: number | undefined
        defaultNumber: number
        demanded: number
        because: string
        undemanded: string | undefined
        flag: boolean
        count: number
        path: string
      }
    >()
    // @ts-expect-error no such option
    options.other
    return new MultiService()
  },
})

// Lists.
defineServiceMaker({
  tapname: 'lists',
  description: 'Has lists.',
  options: {
    array: { type: 'array' },
    numbers: { type: 'number', array: true },
    defaultList: { type: 'array', default: ['a'] },
    demandedList: { type: 'number', array: true, demandOption: true },
    flags: { type: 'boolean', array: true },
  },
  makeService(options) {
    same<
      typeof options,
      {
        array: string[] | undefined
        numbers: number[] | undefined
        defaultList: string[]
        demandedList: number[]
        flags: boolean[] | undefined
      }
    >()
    return new MultiService()
  },
})

// Choices are the union of their literals.
defineServiceMaker({
  tapname: 'choices',
  description: 'Has choices.',
  options: {
    level: { choices: ['low', 'high'] },
    size: { choices: [1, 2], default: 1 },
    levels: { array: true, choices: ['low', 'high'], demandOption: true },
    sizes: { type: 'array', choices: [1, 2] },
  },
  makeService(options) {
    same<
      typeof options,
      {
        level: 'low' | 'high' | undefined
        size: 1 | 2
        levels: ('low' | 'high')[]
        sizes: (1 | 2)[] | undefined
      }
    >()
    return new MultiService()
  },
})

// A dashed name has its camelCase name too.
defineServiceMaker({
  tapname: 'dashed',
  description: 'Has dashed names.',
  options: { 'max-open-files': { type: 'number', default: 1 }, under_score: { type: 'boolean' } },
  makeService(options) {
    same<typeof options, { 'max-open-files': number; maxOpenFiles: number; under_score: boolean }>()
    return new MultiService()
  },
})

// Without options there are none.
defineServiceMaker({
  tapname: 'none',
  description: 'Has no options.',
  makeService(options) {
    // biome-ignore lint/complexity/noBannedTypes: no options are no properties
    same<typeof options, {}>()
    return new MultiService()
  },
})

// The names of the door are enough to write the type down.
const spec = { port: { type: 'number', default: 7000 } } as const
same<InferredOptions<typeof spec>, { port: number }>()
