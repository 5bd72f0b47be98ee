import { didYouMean } from '@runnerd/options'
import type { Discovery } from '@runnerd/plugin'
import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

/** Says why a name means no plugin that can be used: what is in the way, or what may have been meant. */
export function noSuchPlugin(
  name: string,
  { plugins, incompatible, faults }: Discovery,
): RunnerError {
  const other = incompatible.find(
    ({ plugins: declared, package: { name: of } }) =>
      declared.some(({ tapname }) => tapname === name) || of === name.split(':')[0],
  )
  if (other !== undefined) {
    const { name: of, version } = other.package
    const message = `cannot run ${name}: ${of} ${version} is incompatible: ${other.reason}`
    return new RunnerError('ERR_INCOMPATIBLE', ExitStatus.CONFIG, message)
  }
  const broken = faults.find(({ reason, file }) => `${file} ${reason}`.includes(name))
  const meant = didYouMean(
    name,
    plugins.map(({ tapname }) => tapname),
  )
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : broken !== undefined
        ? `${broken.file} can't be read: ${broken.reason}`
        : `runner plugins why ${name} says where it was looked for`
  const message = `cannot find plugin ${name}: no plugin of that name on the module path`
  return new RunnerError('ERR_NO_PLUGIN', ExitStatus.USAGE, message, { hint })
}
