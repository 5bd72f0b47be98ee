#!/usr/bin/env node
import { type CannotCreate, noName } from './cannot-create.ts'
/**
 * The command behind `npm create runner-plugin NAME`. It depends on nothing, as
 * npm fetches it anew for whoever runs it, and loads only what it needs.
 */
import { readCommandLine } from './command-line.ts'
import { makePackage } from './make-package.ts'
import { nextSteps } from './next-steps.ts'
import { type PluginName, parseName } from './plugin-name.ts'
import { USAGE } from './usage.ts'
import { VERSION } from './version.ts'

try {
  process.stdout.write(await answer(process.argv.slice(2)))
} catch (error) {
  const { hint, exitStatus } = error as Partial<CannotCreate>
  if (exitStatus === undefined) throw error
  const lines = [`create-runner-plugin: ${(error as Error).message}`]
  if (hint !== undefined) lines.push(`hint: ${hint}`)
  process.stderr.write(`${lines.join('\n')}\n`)
  process.exitCode = exitStatus
}

/** Does what is asked for; what it returns is for stdout. */
async function answer(args: readonly string[]): Promise<string> {
  const command = readCommandLine(args, process.env)
  if (command.kind !== 'create') {
    return command.kind === 'help' ? USAGE : `create-runner-plugin ${VERSION}\n`
  }
  const name = command.name === undefined ? await nameFromTerminal() : parseName(command.name)
  makePackage(process.cwd(), name, command.template)
  return nextSteps(name, command.template)
}

/** Only a person at a terminal is asked, and only for what has no default. */
async function nameFromTerminal(): Promise<PluginName> {
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const { askName } = await import('./ask-name.ts')
    return await askName()
  }
  throw noName()
}
