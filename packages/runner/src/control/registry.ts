import { lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOf } from '../process-state.ts'

/**
 * Where `runner status` finds a user's daemons: directories of that user with a
 * symbolic link for each, named by its pid, to its pid file. There are two, since
 * a login may have a directory that goes when the user does, unless
 * `RUNNER_RUNTIME_DIR` names one. Neither is the truth: a daemon does without, and
 * whoever reads an entry asks the daemon itself.
 */
export function registryDirs(variables: NodeJS.ProcessEnv): string[] {
  const uid = process.geteuid?.()
  if (uid === undefined) return []
  const named = variables.RUNNER_RUNTIME_DIR
  if (named) return [named]
  const runtime = variables.XDG_RUNTIME_DIR
  // Node has no such variable for a process whose effective user is another.
  const dirs = [join(variables.TMPDIR || tmpdir(), `runner-${uid}`)]
  return runtime?.startsWith('/') ? [join(runtime, 'runner'), ...dirs] : dirs
}

/** Enters this process; nothing is said where that can't be done. */
export function register(pidfile: string, variables: NodeJS.ProcessEnv): void {
  // Whoever had this pid file before was killed, or is about to end.
  registered(variables).get(pidfile)?.()
  for (const dir of registryDirs(variables)) {
    attempt(() => mkdirSync(dir, { mode: 0o700 }))
    if (!isOwn(dir)) continue
    const entry = join(dir, String(process.pid))
    attempt(() => unlinkSync(entry))
    attempt(() => symlinkSync(pidfile, entry))
  }
}

/** Takes this process's entries away, if it may. */
export function unregister(variables: NodeJS.ProcessEnv): void {
  for (const entry of ownEntries(variables)) attempt(() => unlinkSync(entry))
}

/** This process's entries, where it can be found now. */
export function ownEntries(variables: NodeJS.ProcessEnv): string[] {
  return registryDirs(variables)
    .filter(isOwn)
    .map((dir) => join(dir, String(process.pid)))
}

/**
 * Takes away what processes that are gone have left for a pid file: one that has become
 * another user can't do it itself.
 */
export function forgetDead(pidfile: string, variables: NodeJS.ProcessEnv): void {
  for (const dir of registryDirs(variables).filter(isOwn)) {
    for (const name of attempt(() => readdirSync(dir)) ?? []) {
      const isIts = attempt(() => readlinkSync(join(dir, name))) === pidfile
      if (isIts && startOf(Number(name)) === undefined) attempt(() => unlinkSync(join(dir, name)))
    }
  }
}

/** The pid files that were entered, each once, with what takes its entries away. */
export function registered(variables: NodeJS.ProcessEnv): Map<string, () => void> {
  const found = new Map<string, string[]>()
  for (const dir of registryDirs(variables).filter(isOwn)) {
    for (const name of attempt(() => readdirSync(dir)) ?? []) {
      const entry = join(dir, name)
      const pidfile = /^\d+$/.test(name) ? attempt(() => readlinkSync(entry)) : undefined
      if (pidfile?.startsWith('/')) found.set(pidfile, [...(found.get(pidfile) ?? []), entry])
    }
  }
  const sweeper = (entries: string[]) => () => {
    for (const entry of entries) attempt(() => unlinkSync(entry))
  }
  return new Map([...found].map(([pidfile, entries]) => [pidfile, sweeper(entries)]))
}

/** In a directory like /tmp anybody may have made it, for us to believe. */
function isOwn(dir: string): boolean {
  const stats = attempt(() => lstatSync(dir))
  return (
    stats?.isDirectory() === true && stats.uid === process.geteuid?.() && (stats.mode & 0o77) === 0
  )
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
