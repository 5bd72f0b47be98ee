import type { PluginFault } from '@runnerd/plugin'

type Remedy = readonly [
  fault: RegExp,
  fix: string | ((fault: PluginFault, match: RegExpExecArray) => string),
]

const DECLARES =
  'A dropin only declares: move what it does on import to makeService or startService.'

const remedies: readonly Remedy[] = [
  [/^not believed: /, (fault) => `rm ${fault.file}`],
  [/everybody may write to it$/, (fault) => `chmod o-w ${pathOf(fault)}`],
  [/it belongs to user \d+, not to root$/, (fault) => `chown root ${pathOf(fault)}`],
  [
    /it belongs to user \d+, not to user (\d+)/,
    (fault, [, user]) => `chown ${user} ${pathOf(fault)}`,
  ],
  [
    /^it needs runnerd (.+), this is runnerd (.+)$/,
    (fault, [, needed, present]) =>
      `Install a ${fault.package?.name} that is made for runnerd ${present}, or runnerd ${needed}.`,
  ],
  [/tapname/, 'Give it a tapname of letters, digits, ".", "_" and "-" that is no verb of runner.'],
  [/has no description$/, 'Give it a description: one line for the list.'],
  [/has no makeService$/, 'Give it a makeService(options) that returns a service.'],
  [/^plugin \S+: /, 'Its options must be JSON data; code goes into postOptions or makeService.'],
  [
    /^Cannot find (?:package|module) '([^'./][^']*)'/,
    (_, [, name]) => `npm install ${packageOf(name!)}`,
  ],
  [/^Cannot find module/, 'Build what it imports, or correct the path.'],
  [/^no such file$/, 'Build the package, or correct "runner.plugins" in its package.json.'],
  [/package\.json|runner\.plugins/, 'Correct its package.json.'],
  [
    /^it (?:did not finish|awaits what never comes|exited with|was ended by|took more than)/,
    DECLARES,
  ],
  [/^it declares more/, 'Declare less: descriptions and options are for a terminal.'],
]

/** What mends a fault. */
export function remedyFor(fault: PluginFault): string {
  for (const [pattern, fix] of remedies) {
    const match = pattern.exec(fault.reason)
    if (match !== null) return typeof fix === 'string' ? fix : fix(fault, match)
  }
  return `It fails when it is imported; import it alone to see where: node ${fault.file}`
}

function pathOf({ file, reason }: PluginFault): string {
  return /^not used, (.+): \S+ .*$/s.exec(reason)?.[1] ?? file
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
