/**
 * Options as JSON data in yargs' own words: parsing, help, and the types that
 * `makeService` receives. yargs itself is loaded for help, and for a rule
 * to hold.
 *
 * @packageDocumentation
 *
 * @example
 * const spec = { port: { alias: 'p', type: 'number', default: 7000 } } as const
 * const { values } = await parseOptions({ spec, args: ['--port', '8000'] })
 */
export { type AtCursor, atCursor } from './at-cursor.ts'
export { counted } from './counted.ts'
export { didYouMean } from './did-you-mean.ts'
export { variableName } from './environment.ts'
export { makeOptions } from './make-options.ts'
export { nameVariables, type OptionVariables } from './name-variables.ts'
export { type Candidate, oneLine, optionCandidates } from './option-candidates.ts'
export { camelCase, type NamedOption } from './option-names.ts'
export type { InferredOptions, JsonValue, OptionSpec, OptionsSpec } from './option-spec.ts'
export { type OptFlag, Options, type OptionsSource, type OptParameter } from './options.ts'
export { optionsData } from './options-data.ts'
export { type ParsedOptions, type ParseRequest, parseOptions } from './parse-options.ts'
export { isPlainText, plainLine, plainText } from './plain-text.ts'
export { type GivenOption, type ReadWords, readWords } from './read-words.ts'
export { DEFAULT_WIDTH, type HelpRequest, renderHelp } from './render-help.ts'
export { UsageError } from './usage-error.ts'
