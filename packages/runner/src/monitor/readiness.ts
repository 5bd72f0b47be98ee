/** One thing that was looked at. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  /** Why not; or how well, if it is. */
  readonly reason?: string | undefined
}

/** Whether a run can serve, and what that rests on. */
export interface Readiness {
  readonly ok: boolean
  readonly checks: readonly Check[]
}

/** All of them together. */
export function readinessOf(checks: readonly Check[]): Readiness {
  return { ok: checks.every(({ ok }) => ok), checks }
}

/** What is wrong, as one says it in a line; empty if nothing is. */
export function reasonsOf({ checks }: Readiness): string {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ name, reason = 'failed' }) => `${name}: ${reason}`)
    .join('; ')
}

/** As Kubernetes' own API server says it: `[+]ping ok`. */
export function verboseText(route: string, { ok, checks }: Readiness): string {
  const lines = checks.map((check) =>
    check.ok
      ? `[+]${check.name} ok${check.reason === undefined ? '' : `: ${check.reason}`}`
      : `[-]${check.name} failed: ${check.reason ?? 'no reason given'}`,
  )
  return [...lines, `${route} check ${ok ? 'passed' : 'failed'}`]
    .map((line) => `${line}\n`)
    .join('')
}
