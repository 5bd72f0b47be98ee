import { log } from '@runnerd/logging'
import type { Factory } from './factory.ts'

/** A port or a client begins to use a factory. What it throws is thrown. @internal */
export function startFactory(factory: Factory | undefined): void {
  if (factory?.doStart()) log.msg(`Starting factory <${factory.constructor.name}>`)
}

/** It has ended to. @internal */
export function stopFactory(factory: Factory | undefined): void {
  if (factory?.doStop()) log.msg(`Stopping factory <${factory.constructor.name}>`)
}
