/**
 * Where a run is between its first step and its last: `leaving` is before a stop, when all
 * serves still and nobody new should come; `draining` is after a reload, in the generation
 * before.
 */
export type Phase = 'starting' | 'running' | 'leaving' | 'stopping' | 'draining'

const WHY_NOT: { readonly [phase in Phase]: string | undefined } = {
  starting: 'it is starting',
  running: undefined,
  leaving: 'it is about to stop',
  stopping: 'it is stopping',
  // Whoever has come to it still means the run, which another generation serves.
  draining: undefined,
}

/** Why a run in this phase is not ready; `undefined` if it is. */
export function whyNotIn(phase: Phase): string | undefined {
  return WHY_NOT[phase]
}
