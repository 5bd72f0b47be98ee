/**
 * What a plugin author tests a plugin with: `startService` runs its service in
 * the test's own process as `runner` would, `checkPlugin` tells whether the
 * module is one that `runner` can list, run and stop, and time passes on a `Clock`
 * when the test says so.
 *
 * @packageDocumentation
 *
 * @example
 * import { test } from 'node:test'
 * import { checkPlugin, startService } from '@runnerd/testkit'
 * import { hello } from '../dist/plugin.js'
 *
 * test('hello is a plugin', () =>
 *   checkPlugin(new URL('../dist/plugin.js', import.meta.url), { args: ['--port', '0'] }))
 *
 * test('hello starts', async () => {
 *   await using service = await startService(hello, ['--port', '0'])
 *   const { host, port } = service.address()
 * })
 */
export { type CheckPluginOptions, checkPlugin } from './check-plugin.ts'
export { Clock, type DelayedCall } from './clock.ts'
export type { OptionArguments } from './option-arguments.ts'
export { startService } from './start-service.ts'
export type { StartedService } from './started-service.ts'
