import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Dockerd, noDockerd } from '../helpers/dockerd.ts'
import { ProjectImage } from './project-image.ts'

const IMAGE = 'greeter-of-the-test'
const LISTENING = ['greeter', '--listen', 'tcp:7000']

/** What the asker has counted. */
interface Asked {
  readonly answers: { readonly [answer: string]: number }
  readonly failures: { readonly [code: string]: number }
}

describe('Docker and Swarm', { skip: noDockerd }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'runner-docker-'))
  const engine = new Dockerd(dir)
  let project: ProjectImage
  let unavailable: string | undefined

  before(async () => {
    unavailable = await engine.up()
    if (unavailable !== undefined) return
    project = new ProjectImage(dir, engine)
    await project.build(IMAGE, ...LISTENING)
  })
  after(async () => {
    await engine.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  test('the exported image runs with a read-only root, any user and no capability', async (t) => {
    if (unavailable !== undefined) return t.skip(unavailable)
    const bare = ['--read-only', '--cap-drop', 'ALL', '--user', '12345:0', '--network', 'none']
    const { stdout: list, stderr } = await engine.end('run', '--rm', ...bare, IMAGE, '--help')
    assert.match(list, /\n {4}greeter +Greets\.\n/)
    assert.equal(stderr, '', 'what was built into the image is not believed')
    const id = (
      await engine.docker('run', '--detach', ...bare, '--env', 'RUNNER_DRAIN_DELAY=0', IMAGE)
    ).trim()
    await engine.until(/^healthy/, 'inspect', '--format', '{{.State.Health.Status}}', id)
    assert.equal(await engine.docker('exec', id, 'runner', 'health'), 'ready\n')
    await engine.docker('kill', '--signal', 'HUP', id)
    await engine.until(/cannot reload greeter/, 'logs', id)
    await engine.docker('stop', '-t', '60', id)
    const { stdout: code } = await engine.end('inspect', '--format', '{{.State.ExitCode}}', id)
    assert.equal(code, '143\n')
    const { stdout: log } = await engine.end('logs', id)
    const lines = log.trimEnd().split('\n')
    for (const line of lines) assert.equal(JSON.parse(line).pid, 1)
    assert.equal(JSON.parse(lines.at(-1) as string).message, 'Server Shut Down.')
    assert.equal(await engine.docker('diff', id), '')
  })

  test('Swarm replaces, updates and rolls back, and somebody is ready at every moment', async (t) => {
    if (unavailable !== undefined) return t.skip(unavailable)
    await engine.docker('swarm', 'init', '--advertise-addr', '127.0.0.1')
    const own = ['--replicas', '3', '--probe-interval', '1', '--image', IMAGE]
    // Neither needs a kernel with IPVS.
    const reached = ['--no-publish', '--endpoint-mode', 'dnsrr']
    const deploy = async (greeting: string): Promise<void> => {
      const words = ['--drain-delay', '2', ...LISTENING, '--greeting', greeting]
      const flags = ['--parse-only', '--out', project.dir]
      project.export('compose', ...own, ...reached, ...flags, '--', ...words)
      const file = join(project.dir, 'compose.yaml')
      await engine.docker('stack', 'deploy', '--compose-file', file, 'poems')
    }
    const service = 'poems_greeter'
    const replicas = ['service', 'ls', '--filter', `name=${service}`, '--format', '{{.Replicas}}']
    const update = ['service', 'inspect', '--format', '{{.UpdateStatus.State}}', service]
    const tasks = ['ps', '--quiet', '--no-trunc', '--filter', `name=${service}`]

    await deploy('one')
    await engine.until(/^3\/3$/m, ...replicas)
    const asking = ['--network', 'poems_default', '--no-healthcheck', '--restart-condition', 'none']
    const asker = ['--entrypoint', 'node', IMAGE, 'asker.js', 'greeter', '7000']
    await engine.docker('service', 'create', '--detach', '--name', 'asker', ...asking, ...asker)
    const [client = ''] = (
      await engine.until(/./, 'ps', '--quiet', '--filter', 'name=asker')
    ).split('\n')
    const asked = async (): Promise<Asked> =>
      JSON.parse((await engine.until(/\n$/, 'logs', '--tail', '1', client)).trim())
    const answered = (greeting: string): Promise<string> =>
      engine.until(new RegExp(`"${greeting}":`), 'logs', '--tail', '1', client)
    await answered('one')

    await deploy('two')
    await engine.until(/^completed$/m, ...update)
    await answered('two')
    assert.deepEqual((await asked()).failures, {}, 'an update was noticed')
    await engine.until(/^3\/3$/m, ...replicas)

    await deploy('broken')
    await engine.until(/^rollback_completed$/m, ...update)
    const { answers, failures } = await asked()
    assert.deepEqual(failures, {}, 'an update that failed was noticed')
    assert.deepEqual(Object.keys(answers), ['one', 'two'])

    const before = (await engine.docker(...tasks)).trim().split('\n')
    const [victim = ''] = before
    await engine.docker('kill', '--signal', 'KILL', victim)
    const gone = new RegExp(`^(?![\\s\\S]*${victim})(\\w+\\n){3}$`)
    await engine.until(gone, ...tasks)
    await engine.until(/^3\/3$/m, ...replicas)
    const { answers: then } = await asked()
    for (let now = then; now.two === then.two; ) now = (await asked()).answers
  })
})
