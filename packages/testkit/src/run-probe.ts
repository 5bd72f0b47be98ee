import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { counted } from '@runnerd/options'
import type { ProbeLine, ProbeRequest } from './probe-report.ts'

/** What a child process found out. */
export interface ProbeResult {
  readonly faults: readonly string[]
  readonly runnable: string | undefined
  /** What it printed. */
  readonly stdout: string
  readonly stderr: string
}

const STREAMS = ['stdout', 'stderr', 'report'] as const

const PROBE = fileURLToPath(new URL('./plugin-probe.js', import.meta.url))

/**
 * Has a child process look at a plugin. It writes to files, since a pipe stays
 * open as long as any process that the plugin has left behind.
 *
 * @param timeout in seconds
 */
export async function runProbe(request: ProbeRequest, timeout: number): Promise<ProbeResult> {
  const dir = mkdtempSync(join(tmpdir(), 'runnerd-testkit-'))
  try {
    const files = STREAMS.map((name) => openSync(join(dir, name), 'w'))
    // Node's own warnings are none of the plugin's output.
    const words = ['--no-warnings', PROBE, JSON.stringify(request)]
    const child = spawn(process.execPath, words, { stdio: ['ignore', ...files], env: variables() })
    for (const file of files) closeSync(file)
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeout * 1000)
    const [status, signal] = await once(child, 'exit').finally(() => clearTimeout(timer))
    const [stdout, stderr, report] = STREAMS.map((name) => readFileSync(join(dir, name), 'utf8'))
    const lines = linesOf(report as string)
    const end = late ? `did not end within ${counted(timeout, 'second')}` : endOf(status, signal)
    return {
      faults: faultsIn(lines, end),
      runnable: lines.flatMap((line) => ('runnable' in line ? [line.runnable] : []))[0],
      stdout: stdout as string,
      // What Node says of an error that nobody caught is in the report.
      stderr: end === ENDED ? (stderr as string) : '',
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const ENDED = 'ended the process with status 0'

function endOf(status: number | null, signal: NodeJS.Signals | null): string {
  return signal ? `was ended by ${signal}` : `ended the process with status ${status}`
}

/** A debugger that is meant for the tests would stop the child, or take its port. */
function variables(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS = '', ...others } = process.env
  const options = NODE_OPTIONS.split(' ').filter((option) => !option.startsWith('--inspect'))
  return { ...others, NODE_OPTIONS: options.join(' ') }
}

/** The last line may be cut off. */
function linesOf(report: string): ProbeLine[] {
  return report.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as ProbeLine]
    } catch {
      return []
    }
  })
}

function faultsIn(lines: readonly ProbeLine[], end: string): string[] {
  const faults = lines.flatMap((line) => ('fault' in line ? [line.fault] : []))
  const steps = lines.flatMap((line) => ('step' in line ? [line.step] : []))
  const when = `while ${steps.at(-1) ?? 'Node starts'}`
  const uncaught = lines.find((line) => 'uncaught' in line)?.uncaught
  const isStuck = lines.some((line) => 'stuck' in line)
  const isDone = lines.some((line) => 'end' in line)
  if (uncaught !== undefined)
    faults.push(`throws an error ${when} that nobody catches: ${uncaught}`)
  else if (isStuck) faults.push(`awaits what never comes ${when}`)
  else if (!isDone) faults.push(`${end} ${when}`)
  else if (end !== ENDED) faults.push(`was to end by itself, but ${end}`)
  return faults
}
