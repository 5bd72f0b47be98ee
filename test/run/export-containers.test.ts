import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { ourPlugins } from '../helpers/paths.ts'
import { type Ended, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** A plugin with an option of every kind that matters to a container. */
const BOXED = `import { defineServiceMaker, listenOptions, listenService, MultiService, Service } from 'runnerd'
class Starter extends Service { startsProcesses = true }
export const boxed = defineServiceMaker({
  tapname: 'boxed',
  description: 'Is put into a container.',
  options: {
    ...listenOptions({ port: 7000 }),
    'password-file': { type: 'string', normalize: true },
    token: { type: 'string', normalize: true },
    word: { type: 'string', array: true },
    starts: { type: 'boolean' },
  },
  makeService(options) {
    const top = new MultiService()
    if (options.starts) new Starter().setServiceParent(top)
    listenService(options, (socket) => socket.end('hello')).setServiceParent(top)
    return top
  },
})
`

const MANIFEST = '{ "dependencies": { "runnerd": "^0.1.0" } }'

function project(t: TestContext, files: { readonly [path: string]: string } = {}): string {
  const cwd = tempDir(t)
  const all = { 'package.json': MANIFEST, 'package-lock.json': '{}', 'plugins/boxed.mjs': BOXED }
  for (const [path, text] of Object.entries({ ...all, ...files })) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true })
    writeFileSync(join(cwd, path), text)
  }
  return cwd
}

function exported(cwd: string, args: readonly string[], env = {}): Promise<Ended> {
  return runner(['export', ...args], { cwd, env })
}

/** The service, and all of the file that `runner export compose` prints. */
async function composed(cwd: string, args: readonly string[], env = {}) {
  const { status, stdout, stderr } = await exported(cwd, ['compose', ...args], env)
  assert.equal(status, 0, stderr)
  const file = parse(stdout, { version: '1.1' })
  return { file, service: file.services[Object.keys(file.services)[0] as string], stdout, stderr }
}

test('a Dockerfile installs by the lock, builds the manifest, and runs as nobody in particular', async (t) => {
  const cwd = project(t, { '.npmrc': '' })
  const words = ['--stop-timeout', '5', 'boxed', '--listen', 'tcp:7000', '--word', 'a "b" $C']
  const args = ['dockerfile', '--image', 'me/boxed', '--', ...words]
  const { status, stdout, stderr } = await exported(cwd, args)
  assert.deepEqual([status, stderr], [0, ''])
  const [dockerfile = '', ignored = ''] = stdout.split('\n# ---- .dockerignore ----\n')
  assert.equal(
    dockerfile,
    `# ---- Dockerfile ----
# docker build --tag me/boxed .
FROM node:24-slim AS build
WORKDIR /app
COPY ["package.json", "package-lock.json", ".npmrc", "./"]
RUN ["npm", "ci"]
COPY . .
RUN ["npm", "run", "build", "--if-present"]
RUN ["npm", "prune", "--omit=dev"]
# Nobody needs to read a plugin to list it, nor to write a cache.
RUN ["node", "node_modules/runnerd/bundle/main.js", "plugins", "build"]

FROM node:24-slim
WORKDIR /app
COPY --from=build /app ./
ENV PATH="/app/node_modules/.bin:$PATH" \\
    NODE_ENV="production" \\
    RUNNER_LOG_FORMAT="json" \\
    RUNNER_MONITOR="tcp:9464:interface=127.0.0.1" \\
    RUNNER_DRAIN_DELAY="5"
USER 10001:10001
EXPOSE 7000/tcp
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 CMD ["node", "node_modules/runnerd/bundle/main.js", "health", "--monitor", "tcp:9464:interface=127.0.0.1"]
ENTRYPOINT ["node", "node_modules/runnerd/bundle/main.js"]
CMD ["--nodaemon", "--stop-timeout", "5", "boxed", "--listen", "tcp:7000", "--word", "a \\"b\\" $C"]
`,
  )
  for (const line of ['.git', '**/node_modules', '**/.env*', '**/*.pid']) {
    assert.ok(ignored.split('\n').includes(line), line)
  }
  assert.deepEqual(await exported(cwd, args), { status, signal: null, stdout, stderr })
})

test('a project is installed as its lock says, and as a whole where it is of several', async (t) => {
  const install = async (files: { readonly [path: string]: string }): Promise<string[]> => {
    const cwd = project(t, { 'package-lock.json': '', ...files })
    const { status, stdout, stderr } = await exported(cwd, ['dockerfile', '--', 'boxed'])
    assert.equal(status, 0, stderr)
    const lines = stdout.split('\n')
    return lines.slice(
      4,
      lines.indexOf('# Nobody needs to read a plugin to list it, nor to write a cache.'),
    )
  }
  assert.deepEqual(
    await install({
      'pnpm-lock.yaml': '',
      'package.json':
        '{ "packageManager": "pnpm@10.2.1+sha512.x", "dependencies": { "runnerd": "1" } }',
    }),
    [
      'COPY ["package.json", "pnpm-lock.yaml", "./"]',
      'RUN ["npm", "install", "--global", "pnpm@10.2.1"]',
      'RUN ["pnpm", "install", "--frozen-lockfile"]',
      'COPY . .',
      'RUN ["pnpm", "run", "--if-present", "build"]',
      'RUN ["pnpm", "prune", "--prod"]',
    ],
  )
  assert.deepEqual((await install({ 'yarn.lock': '' })).slice(1, 2), [
    'RUN ["yarn", "install", "--frozen-lockfile"]',
  ])
  const several = '{ "workspaces": ["members/*"], "dependencies": { "runnerd": "1" } }'
  assert.deepEqual((await install({ 'package.json': several })).slice(0, 2), [
    'COPY . .',
    'RUN ["npm", "ci"]',
  ])
  const packed = '{ "dependencies": { "runnerd": "file:packs/runnerd.tgz" } }'
  assert.equal((await install({ 'package.json': packed }))[0], 'COPY . .')
})

test('what is no project an image can be built of is refused, or mentioned', async (t) => {
  const cwd = project(t, { '.yarnrc.yml': '' })
  const berry = await exported(cwd, ['dockerfile', '--', 'boxed'])
  assert.deepEqual([berry.status, berry.stdout], [64, ''])
  assert.match(
    berry.stderr,
    /^runner: cannot export to dockerfile: this project is one of Yarn 2 or later/,
  )
  const none = await runner(['export', 'dockerfile', '--', 'fastpoetry', '--poem', 'x'], {
    cwd: tempDir(t),
    env: { RUNNER_PLUGIN_PATH: ourPlugins },
  })
  assert.equal(none.status, 64)
  assert.match(none.stderr, /there is no package\.json in .*\nhint: an image is built of a project/)
  const without = project(t, { 'package.json': '{}' })
  const { status, stderr } = await exported(without, [
    'dockerfile',
    '--',
    'boxed',
    '--listen',
    'tcp:1',
  ])
  assert.equal(status, 0)
  assert.equal(
    stderr,
    'runner: package.json has no dependency on runnerd: without one the image has no runner\n',
  )
})

test('a file of Compose has what Swarm and Compose need, in one service', async (t) => {
  const cwd = project(t)
  const own = ['--replicas', '3', '--image', 'me/boxed:1', '--memory', '128M', '--cpus', '0.5']
  const words = ['--stop-timeout', '5', 'boxed', '--listen', 'tcp:7000']
  const { file, service, stderr } = await composed(cwd, [...own, '--', ...words])
  assert.deepEqual([file.version, Object.keys(file.services)], ['3.8', ['boxed']])
  const { stop_grace_period: grace, healthcheck, deploy, ...rest } = service
  assert.deepEqual(rest, {
    image: 'me/boxed:1',
    command: ['--nodaemon', ...words],
    environment: {
      RUNNER_LOG_FORMAT: 'json',
      RUNNER_MONITOR: 'tcp:9464:interface=127.0.0.1',
      RUNNER_DRAIN_DELAY: '5',
    },
    user: '10001:10001',
    read_only: true,
    cap_drop: ['ALL'],
    ports: [{ target: 7000, published: 7000, protocol: 'tcp' }],
  })
  assert.ok(Number.parseInt(grace, 10) > 5 + 5, grace)
  assert.deepEqual(healthcheck, {
    test: [
      ...['CMD', 'node', 'node_modules/runnerd/bundle/main.js'],
      ...['health', '--monitor', 'tcp:9464:interface=127.0.0.1'],
    ],
    interval: '5s',
    timeout: '5s',
    retries: 3,
    start_period: '60s',
  })
  assert.equal(deploy.replicas, 3)
  assert.equal(deploy.update_config.order, 'start-first')
  assert.equal(deploy.update_config.failure_action, 'rollback')
  assert.equal(deploy.rollback_config.order, 'start-first')
  assert.deepEqual(deploy.resources.limits, { cpus: '0.5', memory: '128M' })
  assert.equal(
    stderr,
    'runner: docker compose has no place for 3 on one port: there use --scale boxed=1\n',
  )
})

test('what the run says itself stands, and its deadlines count', async (t) => {
  const cwd = project(t)
  const own = ['--log-format', 'text', '--drain-delay', '20', '--monitor', 'tcp:9000']
  const times = ['--start-timeout', '7.5', '--stop-timeout', '1', '--workers', '2']
  const args = ['--user', '7', '--', ...own, ...times, 'boxed', '--listen', 'tcp:7000']
  const { service } = await composed(cwd, args)
  assert.deepEqual(service.environment, {})
  assert.equal(service.user, '7')
  assert.deepEqual(service.healthcheck.test.slice(-2), ['--monitor', 'tcp:9000'])
  assert.equal(service.healthcheck.start_period, '8s')
  const alone = await composed(cwd, ['--', '--stop-timeout', '1', '--drain-delay', '0', 'boxed'])
  const [long, short] = [service, alone.service].map((each) =>
    Number.parseInt(each.stop_grace_period, 10),
  )
  assert.ok((long as number) >= (short as number) + 20)
  const env = { RUNNER_LOG_FORMAT: 'text', RUNNER_BOXED_WORD: 'from outside' }
  const { service: given } = await composed(cwd, ['--', 'boxed'], env)
  assert.equal(given.environment.RUNNER_LOG_FORMAT, 'text')
  assert.equal(given.environment.RUNNER_BOXED_WORD, 'from outside')
})

test('what starts programs has the init of the engine, and a pid file no more than others', async (t) => {
  const cwd = project(t)
  const { service } = await composed(cwd, ['--', 'boxed', '--starts', '--listen', 'tcp:7000'])
  assert.equal(service.init, true)
  assert.equal(service.environment.RUNNER_PIDFILE, '')
  const image = await exported(cwd, ['dockerfile', '--', 'boxed', '--starts', '--port', '0'])
  assert.match(image.stderr, /^runner: boxed starts programs: docker run --init awaits /m)
  const asked = ['--pidfile', '/run/pid', 'boxed', '--starts']
  const { service: other } = await composed(cwd, ['--writable', '/run', '--', ...asked])
  assert.equal(other.environment.RUNNER_PIDFILE, undefined)
  assert.deepEqual(other.volumes, [{ type: 'tmpfs', target: '/run' }])
})

test('secret files come from the engine, belong to the user, and are in no image', async (t) => {
  const cwd = project(t, { 'etc/users': '', 'other/users': '', 'key.pem': '', token: 'x' })
  const endpoint = 'ssl:7443:privateKey=key.pem:certKey=cert.pem'
  const words = ['boxed', '--password-file', 'etc/users', '--listen', endpoint]
  const own = ['--parse-only', '--secret', 'token']
  const env = { RUNNER_BOXED_TOKEN: 'other/users' }
  const { file, service, stderr } = await composed(cwd, [...own, '--', ...words], env)
  assert.deepEqual(service.command, [
    '--nodaemon',
    'boxed',
    '--password-file=/run/secrets/users',
    '--listen=ssl:7443:privateKey=/run/secrets/key.pem:certKey=cert.pem',
  ])
  assert.equal(service.environment.RUNNER_BOXED_TOKEN, '/run/secrets/users-2')
  const owned = { uid: '10001', gid: '10001', mode: 0o400 }
  assert.deepEqual(
    service.secrets,
    ['users', 'key.pem', 'users-2'].map((name) => ({ source: name, target: name, ...owned })),
  )
  assert.deepEqual(file.secrets, {
    users: { file: './etc/users' },
    'key.pem': { file: './key.pem' },
    'users-2': { file: './other/users' },
  })
  assert.match(stderr, /docker compose mounts etc\/users, key\.pem, other\/users as it is/)
  const image = await exported(cwd, ['dockerfile', '--parse-only', '--', ...words])
  assert.match(image.stdout, /\netc\/users\nkey\.pem\n/)
  assert.match(image.stdout, /"--password-file=\/run\/secrets\/users"/)
  assert.match(image.stderr, /etc\/users is a secret and not in the image/)
  const named = await exported(cwd, ['compose', '--user', 'node', '--parse-only', '--', ...words])
  assert.equal(named.status, 64)
  assert.match(named.stderr, /a secret belongs to a number, not node\n/)
  const unknown = await exported(cwd, ['compose', '--secret', 'nope', '--', 'boxed'])
  assert.equal(unknown.stderr, 'runner: cannot export to compose: boxed has no option --nope\n')
})

test('a secret file of any name is in no image', async (t) => {
  const cwd = project(t)
  for (const name of ['#users', '!users', 'a[b]*', 'a\\b', 'users ']) {
    const words = ['--parse-only', '--', 'boxed', '--password-file', name]
    const { stdout } = await exported(cwd, ['dockerfile', ...words])
    const pattern = name.replace(/[^a-z]/g, '?')
    assert.ok(stdout.endsWith(`\n${pattern}\n`), stdout)
  }
})

test('no secret of the project is in its image, however it is named', async (t) => {
  const cwd = project(t, { users: '', token: '', 'server.pem': '', 'a b.pem': '' })
  const words = ['boxed', '--password-file', join(cwd, 'users'), '--token', 'token']
  const keys = ['ssl:7001', 'ssl:7002:privateKey=server.pem:certKey=server.pem']
  const env = { RUNNER_BOXED_LISTEN: `${keys[0]} ssl:7003:privateKey=a\\ b.pem tcp:7004` }
  const own = ['--secret', 'token', '--parse-only', '--', '--monitor', keys[1] as string]
  const { status, stdout, stderr } = await exported(cwd, ['dockerfile', ...own, ...words], env)
  assert.equal(status, 0, stderr)
  const [dockerfile = '', ignored = ''] = stdout.split('# ---- .dockerignore ----')
  for (const file of ['users', 'token', 'server.pem', 'a?b.pem']) {
    assert.ok(ignored.split('\n').includes(file), file)
  }
  assert.match(dockerfile, /"--monitor=ssl:7002:privateKey=(\S+):certKey=\1", "boxed"/)
  assert.match(
    dockerfile,
    /"--password-file=\/run\/secrets\/users", "--token=\/run\/secrets\/token"/,
  )
  const listen =
    'ssl:7001:privateKey=/run/secrets/server.pem ssl:7003:privateKey=/run/secrets/a-b.pem'
  assert.ok(dockerfile.includes(`RUNNER_BOXED_LISTEN="${listen} tcp:7004"`), dockerfile)
})

test('what is in the project is in its image, by an absolute path too', async (t) => {
  const cwd = project(t, { 'my token': '', 'conf/x': '' })
  const words = ['boxed', '--listen', 'tcp:7000', '--token', join(cwd, 'my token')]
  const env = { RUNNER_PLUGIN_PATH: `${join(cwd, 'plugins')}:/opt/plugins` }
  const own = ['--rundir', join(cwd, 'conf')]
  const { service, stderr } = await composed(cwd, ['--', ...own, ...words], env)
  assert.deepEqual(service.command, [
    ...['--nodaemon', '--rundir=/app/conf', 'boxed', '--listen=tcp:7000', '--token=/app/my token'],
  ])
  assert.equal(service.environment.RUNNER_PLUGIN_PATH, '/app/plugins:/opt/plugins')
  const line = `the image has ${cwd} in /app, and boxed needs /opt/plugins`
  assert.equal(stderr, `runner: ${line}\n`)
})

test('the monitor for the probe keeps clear of the ports of the run', async (t) => {
  const words = ['--', 'boxed', '--listen', 'tcp:9464', '--listen', 'tcp:9465']
  const { service } = await composed(project(t), words)
  assert.equal(service.environment.RUNNER_MONITOR, 'tcp:9466:interface=127.0.0.1')
  assert.equal(service.healthcheck.test.at(-1), 'tcp:9466:interface=127.0.0.1')
})

test('a port that two options name, or an option and a server, is published once', async (t) => {
  const cwd = project(t)
  const env = { RUNNER_PLUGIN_PATH: ourPlugins }
  const poems = ['--poem', 'x', '--poem2', 'x', '--port2', '7001', '--iface', '0.0.0.0']
  const words = ['fastpoetry', '--listen', 'tcp:7000', '--listen', 'tcp6:7000', ...poems]
  const { service } = await composed(cwd, ['--', ...words], env)
  assert.deepEqual(
    service.ports.map(({ target }: Record<string, unknown>) => target),
    [7000, 7001],
  )
})

test('the ports of an inetd.conf are ports of the service', async (t) => {
  const conf = 'echo stream tcp nowait root internal\ndiscard dgram udp wait root internal\n'
  const cwd = project(t, { 'inetd.conf': `${conf}9464 stream tcp nowait root /bin/cat cat\n` })
  const env = { RUNNER_PLUGIN_PATH: ourPlugins }
  const words = ['--', 'inetd', '--file', 'inetd.conf']
  const { service } = await composed(cwd, words, env)
  assert.deepEqual(
    service.ports.map(({ target, protocol }: Record<string, unknown>) => `${target}/${protocol}`),
    ['7/tcp', '9/udp', '9464/tcp'],
  )
  assert.equal(service.environment.RUNNER_MONITOR, 'tcp:9465:interface=127.0.0.1')
  const read = await exported(cwd, ['compose', '--parse-only', '--', 'inetd'], env)
  assert.match(read.stderr, /^runner: the image has .*, and inetd needs \/etc\/inetd\.conf$/m)
  assert.match(read.stderr, /^runner: where inetd listens, .* is unknown with --parse-only$/m)
})

test('a variable with a line break makes no line of a Dockerfile', async (t) => {
  const env = { RUNNER_PREFIX: 'x\nUSER root' }
  const { status, stdout, stderr } = await exported(project(t), ['dockerfile', '--', 'boxed'], env)
  assert.equal(status, 64)
  assert.equal(stdout, '')
  const line = 'cannot export to dockerfile: no ENV can have the line break in RUNNER_PREFIX'
  assert.equal(stderr, `runner: ${line}\n`)
})

test('no value is taken for a variable, a number or a truth', async (t) => {
  const cwd = project(t)
  const words = [
    'no',
    '1:20',
    '0755',
    '$HOME $$X',
    'a: b # c',
    '1e3',
    '~',
    'é\n"',
    '=',
    '<<',
    'a\x85\u2028\x7fb',
  ]
  const given = words.flatMap((word) => ['--word', word])
  const { service } = await composed(cwd, ['--', 'boxed', ...given])
  const literal = given.map((word) => word.replaceAll('$', '$$$$'))
  assert.deepEqual(service.command, ['--nodaemon', 'boxed', ...literal])
  // Not every reader of YAML takes these as they are.
  const { stdout } = await exported(cwd, ['compose', '--', 'boxed', ...given])
  assert.match(stdout, / - "="\n.* - "<<"\n/s)
  assert.match(stdout, / - "a\\u0085\\u2028\\u007fb"\n/)
})

test('what a container can not have is refused or said: loopback, other places, another user', async (t) => {
  const cwd = project(t)
  const { stderr, service } = await composed(cwd, [
    ...['--', '--logfile', 'x.log', 'boxed', '--password-file', '/etc/passwords'],
  ])
  assert.deepEqual(
    stderr
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replaceAll(cwd, 'CWD')),
    [
      'runner: boxed listens on 127.0.0.1:7000 only, which nothing outside its container reaches; --listen tcp:7000 opens it',
      'runner: boxed logs to CWD/x.log, which is gone with its container',
      'runner: boxed writes to /app, which is read-only there: name another directory, and that with --writable',
      'runner: docker compose mounts /etc/passwords as it is: it must belong to 10001:10001, with mode 0400',
    ],
  )
  assert.equal(service.ports, undefined)
  const foreign = await composed(cwd, ['--', 'boxed', '--token', '/etc/token', '--listen', 'tcp:1'])
  assert.equal(
    foreign.stderr.replaceAll(cwd, 'CWD'),
    'runner: the image has CWD in /app, and boxed needs /etc/token\n',
  )
  for (const [args, reason] of [
    [['--', '--chroot', '.', '--rundir', '/', 'boxed'], /a container has a root of its own/],
    [['--', '--uid', '12345', '--gid', '12345', 'boxed'], /it would change its user itself/],
    [['--endpoint-mode', 'dnsrr', '--', 'boxed'], /publishes no port .*\nhint: use --no-publish/],
    [['--', '--monitor=', 'boxed'], /its probe asks its monitor/],
    [['--replicas', '1.5', '--', 'boxed'], /--replicas needs a whole number/],
    [['--replicas', '1e30', '--', 'boxed'], /--replicas needs a whole number of at most 9007/],
    [['--user', '99999999999', '--', 'boxed'], /--user needs .* at most 2147483647, not 999/],
    [['--probe-interval', '1e30', '--', 'boxed'], /--probe-interval needs .* to 9223372036, not/],
    [['--probe-interval', '1e-9', '--', 'boxed'], /--probe-interval needs .* from 0\.001 to /],
    [['--cpus', '1e30', '--', 'boxed'], /--cpus needs a number from 0\.01 to 9223372036 /],
    [['--cpus', '0.3333333333', '--', 'boxed'], /--cpus needs .* with at most 9 decimals/],
    [['--memory', '9999999999G', '--', 'boxed'], /--memory needs a number of bytes/],
    [['--memory', '5M', '--', 'boxed'], /--memory needs .* from 6M to 2 \*\* 63, not 5M/],
    [['--image', 'a b', '--', 'boxed'], /--image needs the name of an image, in lower case/],
    [['--name', 'Boxed', '--', 'boxed'], /no image is called Boxed\nhint: --image before/],
    [['--name', 'a.b', '--', 'boxed'], /a name there is of at most 63 letters/],
    [['--writable', 'tmp', '--', 'boxed'], /--writable needs another directory .*, not tmp/],
    [['--writable', '/a', '--writable', '/a', '--', 'boxed'], /--writable needs another dir/],
    [['--memory', 'much', '--', 'boxed'], /--memory needs a number of bytes/],
    [['--cpus', '0', '--', 'boxed'], /--cpus needs a number from 0\.01 to /],
  ] as const) {
    const refused = await exported(cwd, ['compose', ...args])
    assert.deepEqual([refused.status, refused.stdout], [64, ''], String(args))
    assert.match(refused.stderr, reason)
  }
})

test('only what others reach is published', async (t) => {
  const cwd = project(t)
  const words = ['boxed', '--listen', 'tcp:7000:interface=127.0.0.1', '--listen', 'tcp:7001']
  const { service, stderr } = await composed(cwd, ['--', ...words])
  assert.equal(stderr, '')
  assert.deepEqual(service.ports, [{ target: 7001, published: 7001, protocol: 'tcp' }])
  const { stdout } = await exported(cwd, ['dockerfile', '--', ...words])
  assert.deepEqual(stdout.match(/^EXPOSE .*$/gm), ['EXPOSE 7001/tcp'])
})

test('a directory that the run writes to and its container does not let it is said', async (t) => {
  const cwd = project(t)
  const words = [
    ...['--pidfile', '/run/boxed/pid', '--profile', 'out/profile', '--monitor', 'unix:/m/monitor'],
    ...['--logfile', '/dev/stdout', 'boxed', '--listen', 'tcp:7000'],
    ...['--listen', 'unix:/run/boxed/socket', '--listen', `unix:${join(cwd, 'sockets', 'one')}`],
  ]
  const said = (text: string): string[] =>
    [...text.matchAll(/^runner: boxed writes to (.*)$/gm)].map(([, dir = '']) => dir)
  const { stderr } = await composed(cwd, ['--writable', '/m/', '--', ...words])
  const expected = ['/app/out', '/run/boxed', '/app/sockets'].map(
    (dir) => `${dir}, which is read-only there: --writable ${dir} has it write there`,
  )
  assert.deepEqual(said(stderr), expected)
  const dirs = ['/app/out', '/run/boxed', '/app/sockets', '/m'].flatMap((dir) => [
    '--writable',
    dir,
  ])
  assert.deepEqual(said((await composed(cwd, [...dirs, '--', ...words])).stderr), [])
  // What is in another is not there when it begins.
  const above = await composed(cwd, ['--writable', '/run', '--', ...words.slice(0, 2), 'boxed'])
  assert.deepEqual(said(above.stderr), [expected[1]])
  const pod = await exported(cwd, ['kubernetes', '--writable', '/m', '--', ...words])
  assert.deepEqual(said(pod.stderr), expected)
  const { status, stderr: image } = await exported(cwd, ['dockerfile', '--', ...words])
  assert.equal(status, 0, image)
  assert.deepEqual(said(image), [])
})
