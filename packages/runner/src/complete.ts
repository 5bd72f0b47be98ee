/**
 * `runner completion`: the shells' scripts, and what these scripts ask for at
 * each press of the key.
 */
import { readFileSync } from 'node:fs'
import { UsageError } from '@runnerd/options'
import { candidatesAt } from './candidates-at.ts'
import { NOTHING, replyTo, wordsOf } from './completion-reply.ts'
import { built } from './home.ts'

const SHELLS = ['bash', 'zsh', 'fish']
const HINT = 'runner completion bash, zsh or fish'

const USAGE = `Usage: runner completion bash|zsh|fish

Prints the script that completes runner's command line in that shell.

  bash  source <(runner completion bash)      in ~/.bashrc
  zsh   source <(runner completion zsh)       in ~/.zshrc, after compinit
  fish  runner completion fish | source       in ~/.config/fish/config.fish
`

/**
 * Answers `runner completion ARGS` with the text for stdout. `--for SHELL -- WORD...`
 * is the scripts' own question: it is always answered, with nothing to offer at worst.
 *
 * @throws UsageError for a shell that has no script
 */
export async function complete(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
): Promise<string> {
  const [first, shell = '', dashes, ...typed] = args
  if (first === '--for') {
    return dashes === '--' ? await candidates(shell, typed, variables, cwd) : NOTHING
  }
  if (args.includes('--help')) return USAGE
  if (first === undefined) {
    throw new UsageError('cannot print the completion script: no shell named', { hint: HINT })
  }
  if (!SHELLS.includes(first)) {
    const message = `cannot print the completion script: there is none for ${JSON.stringify(first)}`
    throw new UsageError(message, { hint: HINT })
  }
  if (args.length > 1) {
    const message = `cannot print the completion script: unexpected argument ${JSON.stringify(shell)}`
    throw new UsageError(message, { hint: HINT })
  }
  return readFileSync(built(`completion.${first}`), 'utf8')
}

/** Whoever presses a key wants no error: not of a broken tree, and not of ours. */
async function candidates(
  shell: string,
  typed: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
): Promise<string> {
  try {
    const asked = wordsOf(shell, typed)
    return replyTo(asked, await candidatesAt(asked.words, variables, cwd))
  } catch {
    return NOTHING
  }
}
