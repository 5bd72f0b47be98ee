import { spawn } from 'node:child_process'

/** What is with the threads of libuv's pool, as Node names it. */
const POOLED = /^(?:FSReq|FileHandle|GetAddrInfo|GetNameInfo)/

/**
 * Has another process end this one, which exits, by SIGKILL if it takes too long. Node
 * waits for what its thread pool does, which may be for ever: a FIFO that nobody opens,
 * a server of NFS that is gone. By then it has ended every other thread of its own.
 * The first process of a container can't be ended like that from inside.
 *
 * Does nothing where nothing is under way.
 *
 * @param patience in ms
 * @param log where `words` are written before; `undefined` for standard output
 */
export function watchExit(patience: number, log: string | undefined, words: string): void {
  if (!process.getActiveResourcesInfo().some((name) => POOLED.test(name))) return
  const output = log === undefined ? 'inherit' : 'ignore'
  const args = [process.pid, patience, log ?? 1, words].map(String)
  const watch = spawn(process.execPath, ['--eval', WATCH, '--', ...args], {
    ...{ detached: true, env: {}, stdio: ['pipe', output, 'ignore'] },
  })
  watch.on('error', () => {})
}

/** Its standard input ends with the process that it watches. */
const WATCH = `
  const [pid, patience, log, words] = process.argv.slice(1)
  const timer = setTimeout(() => {
    try {
      require('node:fs').appendFileSync(log === '1' ? 1 : log, words)
    } catch {}
    process.kill(Number(pid), 'SIGKILL')
  }, Number(patience))
  process.stdin.on('close', () => clearTimeout(timer)).resume()`
