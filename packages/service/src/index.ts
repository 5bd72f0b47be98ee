/**
 * Services in trees, as `twisted.application.service` has them: what starts and
 * stops, what holds it, and what makes it out of options. No I/O and no process
 * state: promises are returned and errors thrown.
 *
 * @packageDocumentation
 *
 * @example
 * ```ts
 * import { defineServiceMaker, MultiService, Service } from '@runnerd/service'
 *
 * class ClockService extends Service {
 *   #timer: NodeJS.Timeout | undefined
 *
 *   override startService(): void {
 *     super.startService()
 *     this.#timer = setInterval(() => process.stdout.write('tick\n'), 1000)
 *   }
 *
 *   override stopService(): void {
 *     super.stopService()
 *     clearInterval(this.#timer)
 *   }
 * }
 *
 * export const clock = defineServiceMaker({
 *   tapname: 'clock',
 *   description: 'Ticks.',
 *   options: { clocks: { type: 'number', default: 1, describe: 'How many of them.' } },
 *   makeService(options) {
 *     const top = new MultiService()
 *     for (let n = 0; n < options.clocks; n++) new ClockService().setServiceParent(top)
 *     return top
 *   },
 * })
 * ```
 */
export { Application, isApplication } from './application.ts'
export {
  defineServiceMaker,
  type OptionsAfter,
  type OptionsOf,
  type ServiceMakerDefinition,
} from './define-service-maker.ts'
export {
  NoSuchServiceError,
  ServiceCycleError,
  ServiceHasParentError,
  ServiceLateError,
  ServiceNameTakenError,
  ServiceStoppedError,
} from './errors.ts'
export type { IProcess } from './i-process.ts'
export type { IService } from './i-service.ts'
export type { AfterStart, IServiceCollection } from './i-service-collection.ts'
export { type IServiceMaker, isServiceMaker } from './i-service-maker.ts'
export { MultiService } from './multi-service.ts'
export type { RollbackFailed } from './rollback-errors.ts'
export { Service } from './service.ts'
export type {
  ConnectionCounts,
  ListenerDescription,
  ServiceDescription,
} from './service-description.ts'
export type { ServiceHealth, ServiceMetric } from './service-health.ts'
export { ServiceMaker } from './service-maker.ts'
export type { ServiceState } from './service-state.ts'
