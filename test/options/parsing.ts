import assert from 'node:assert/strict'
import { type OptionsSpec, parseOptions, UsageError } from '@runnerd/options'

/** The values that a command line gives. */
export async function valuesOf(
  spec: OptionsSpec,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<Record<string, unknown>> {
  const environment = { prefix: 'RUNNER_POETRY', variables }
  return (await parseOptions({ spec, args, environment })).values
}

/** Asserts that a command line is refused with this message, and this hint or none. */
export async function refuses(
  spec: OptionsSpec,
  args: readonly string[],
  message: string,
  hint?: string,
  variables?: NodeJS.ProcessEnv,
): Promise<void> {
  await assert.rejects(valuesOf(spec, args, variables), (error) => {
    assert.ok(error instanceof UsageError)
    assert.deepEqual([error.message, error.hint], [message, hint])
    return true
  })
}
