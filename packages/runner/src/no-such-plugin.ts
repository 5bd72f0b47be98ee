import { basename, extname } from 'node:path'
import { didYouMean } from '@runnerd/options'
import type { Discovery, PluginFault } from '@runnerd/plugin'
import { daemonVerbNames } from './daemon-verbs/names.ts'
import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

/** What else may stand where a plugin's name does. */
const VERBS = [...daemonVerbNames, 'plugins', 'check', 'completion']

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
  const untrusted = faults.find((fault) => fault.reason.startsWith('not used') && isOf(fault, name))
  if (untrusted !== undefined) {
    const { file, reason } = untrusted
    const why = reason.replace(
      /^not used(?:, |: )/,
      reason.startsWith('not used:') ? `${file}: ` : '',
    )
    const hint = 'runner plugins doctor says what mends it'
    return new RunnerError('ERR_UNTRUSTED', ExitStatus.NOPERM, `cannot run ${name}: ${why}`, {
      hint,
    })
  }
  const broken = faults.find(({ reason, file }) => `${file} ${reason}`.includes(name))
  const meant = didYouMean(name, [...plugins.map(({ tapname }) => tapname), ...VERBS])
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : broken !== undefined
        ? `${broken.file} can't be read: ${broken.reason}`
        : `runner plugins why ${name} says where it was looked for`
  const message = `cannot find plugin ${name}: no plugin of that name on the module path`
  return new RunnerError('ERR_NO_PLUGIN', ExitStatus.USAGE, message, { hint })
}

/** Its tapnames aren't known; a package or file of that name is most likely meant. */
function isOf({ file, package: of }: PluginFault, name: string): boolean {
  const [packageName = '', tapname = name] = name.includes(':') ? name.split(':') : [name]
  if (of !== undefined) return [packageName, `runner-plugin-${name}`].includes(of.name)
  return basename(file, extname(file)) === tapname
}
