import { builtinModules } from 'node:module'
import { CannotCreate, ExitStatus } from './cannot-create.ts'
import { RESERVED_TAPNAMES } from './reserved-tapnames.ts'

/** What a plugin is called where. */
export interface PluginName {
  /** In the npm registry: `@acme/hello`. */
  readonly package: string
  /** Where it is made: the package's name without the scope. */
  readonly directory: string
  /** On runner's command line: the same without `runner-plugin-`, which many a package has. */
  readonly tapname: string
}

const SCOPE = /^@[a-z0-9~-][a-z0-9._~-]*$/
const TAPNAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const LONGEST = 214

/** Names that a package can't have and still depend on what a plugin depends on, or that npm refuses. */
const TAKEN = [
  'runnerd',
  'typescript',
  '@runnerd/testkit',
  '@types/node',
  'node_modules',
  'favicon.ico',
]

/**
 * Reads the name of a new plugin, `hello` or `@acme/hello`.
 *
 * @throws CannotCreate when runner or npm would refuse it
 */
export function parseName(name: string): PluginName {
  const slash = name.startsWith('@') ? name.indexOf('/') : -1
  const scope = slash < 0 ? undefined : name.slice(0, slash)
  const directory = name.slice(slash + 1)
  const tapname = directory.replace(/^runner-plugin-(?=[a-z0-9])/, '')
  if (!TAPNAME.test(directory) || (scope !== undefined && !SCOPE.test(scope.toLowerCase()))) {
    const hint = 'letters, digits, ".", "_" and "-", a letter or a digit first; or @SCOPE/NAME'
    throw refused(JSON.stringify(name), 'malformed name', hint)
  }
  if (name !== name.toLowerCase()) {
    throw refused(
      name,
      'npm takes names in lower case only',
      `npm create runner-plugin ${name.toLowerCase()}`,
    )
  }
  if (RESERVED_TAPNAMES.includes(tapname)) {
    throw refused(name, `${tapname} is a verb of runner`)
  }
  if (name.length > LONGEST) {
    throw refused(name, `npm takes names of at most ${LONGEST} characters`)
  }
  if (builtinModules.includes(name) || TAKEN.includes(name)) {
    throw refused(name, 'the name is taken', `npm create runner-plugin @YOUR-SCOPE/${directory}`)
  }
  return { package: name, directory, tapname }
}

function refused(object: string, reason: string, hint?: string): CannotCreate {
  return new CannotCreate(ExitStatus.USAGE, object, reason, hint)
}
