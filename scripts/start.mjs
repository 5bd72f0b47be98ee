// What `npm start` runs: the poem served in the foreground, or `runner ARGS` for
// `npm start -- ARGS`. Ends as runner ends.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './root.mjs'

const poem = ['--nodaemon', 'fastpoetry', '--port', '10000', '--poem', 'poetry/ecstasy.txt']
const given = process.argv.slice(2)
if (given.length === 0) {
  process.stderr.write(`runner: runner ${poem.join(' ')}\n`)
  process.stderr.write('runner: fetch the poem from another terminal: nc localhost 10000\n')
}

const runner = join(root, 'node_modules', '.bin', 'runner')
const child = spawn(process.execPath, [runner, ...(given.length === 0 ? poem : given)], {
  cwd: root,
  stdio: 'inherit',
})
// A terminal's ^C reaches both; this one waits for the other.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal))
}
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})
