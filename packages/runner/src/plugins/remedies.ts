import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { PluginFault } from '@runnerd/plugin'
import { shellWord } from '../shell-line.ts'

type Remedy = readonly [
  fault: RegExp,
  fix: string | ((fault: PluginFault, match: RegExpExecArray) => string),
]

const DECLARES =
  'A dropin only declares: move what it does on import to makeService or startService.'

const remedies: readonly Remedy[] = [
  [
    /^not believed, .*it belongs to user/s,
    'Set RUNNER_CACHE_DIR to a directory of this user, or remove that one.',
  ],
  [/everybody may write to it$/, closed],
  [/^not believed: /, ({ file }) => `rm ${shellWord(file)}`],
  [/it belongs to user \d+, not to root$/, (fault) => chown('root', pathOf(fault))],
  [/it belongs to user \d+, not to user (\d+)/, (fault, [, user]) => chown(user!, pathOf(fault))],
  [
    /^it needs runnerd (.+), this is runnerd (.+)$/,
    (fault, [, needed, present]) =>
      `Install a ${fault.package?.name} that is made for runnerd ${present}, or runnerd ${needed}.`,
  ],
  [/tapname/, 'Give it a tapname of letters, digits, ".", "_" and "-" that is no verb of runner.'],
  [/has no description$/, 'Give it a description: one line for the list.'],
  [/has no makeService$/, 'Give it a makeService(options) that returns a service.'],
  [/what every object has$/, 'Give that option another name.'],
  [/^plugin \S+: /, 'Its options must be JSON data; code goes into postOptions or makeService.'],
  [
    /^Cannot find (?:package|module) '([^'./][^']*)'/,
    (_, [, name]) => `npm install ${packageOf(name!)}`,
  ],
  [/^Cannot find module/, 'Build what it imports, or correct the path.'],
  [/permission denied/, (fault) => readable(closedPath(fault))],
  [/^no such directory$/, 'Make it, or take it out of --plugin-path and RUNNER_PLUGIN_PATH.'],
  [/^it is no directory$/, 'Give it another name, to have a directory of plugins there.'],
  [/^it is a link to what is not there$/, ({ file }) => `rm ${shellWord(file)}, or mend the link`],
  [
    /^runner\.plugins finds no file/,
    'Build the package, or correct "runner.plugins" in its package.json.',
  ],
  [/^no such file$/, 'Build the package, or correct "runner.plugins" in its package.json.'],
  [/package\.json|runner\.plugins/, 'Correct its package.json.'],
  [
    /^it (?:did not finish|awaits what never comes|exited with|was ended by|took more than)/,
    DECLARES,
  ],
  [/declares more/, 'Declare less: descriptions and options are for a terminal.'],
]

/** What mends a fault. */
export function remedyFor(fault: PluginFault): string {
  for (const [pattern, fix] of remedies) {
    const match = pattern.exec(fault.reason)
    if (match !== null) return typeof fix === 'string' ? fix : fix(fault, match)
  }
  return `It fails when it is imported; import it alone to see where: node ${shellWord(fault.file)}`
}

function pathOf({ file, reason }: PluginFault): string {
  return /^not (?:used|run|believed), (.+): \S+ .*$/s.exec(reason)?.[1] ?? file
}

/** What Node names in its message, else what the fault is of. */
function closedPath(fault: PluginFault): string {
  const { file, reason } = fault
  const named = /permission denied, \w+ '(.+)'/.exec(reason)?.[1]
  const below = /^(?:runner\.plugins: )?([^:]+): permission denied$/.exec(reason)?.[1]
  return (
    named ?? (below === undefined || reason.startsWith('not ') ? pathOf(fault) : join(file, below))
  )
}

function readable(path: string): string {
  return `As its owner or root: chmod a+r${isDirectory(path) ? 'x' : ''} ${shellWord(path)}`
}

/** A cache that was open isn't worth keeping. */
function closed(fault: PluginFault): string {
  const path = shellWord(pathOf(fault))
  const isCache = fault.reason.startsWith('not believed: ') && !isDirectory(fault.file)
  return isCache ? `rm ${path}` : `chmod o-w ${path}`
}

/** What somebody else has put into a directory doesn't get better by another owner. */
function chown(user: string, path: string): string {
  return isDirectory(path)
    ? `Look at what is in it, then: chown -R ${user} ${shellWord(path)}`
    : `chown ${user} ${shellWord(path)}`
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
