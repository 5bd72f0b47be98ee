import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { freePort } from '../helpers/free-port.ts'
import { hasCommand } from '../helpers/has-command.ts'
import { writePlugin } from '../helpers/reloadable.ts'
import { daemon } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { fetchFrom } from '../helpers/workers.ts'

const run = promisify(execFile)
const skip = hasCommand('chromium') ? false : 'there is no chromium'
const EVIL = `<script>document.title='owned'</script><b title='"&amp;'>`

interface Shown {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** A daemon with a service of an evil name, and a monitor; and the port of each. */
async function watched(t: TestContext, own: readonly string[] = []) {
  const cwd = tempDir(t)
  writePlugin(cwd, {
    inMakeService: `
      const evil = new Service()
      evil.setName(${JSON.stringify(EVIL)})
      evil.describe = () => ({ details: { ${JSON.stringify(EVIL)}: ${JSON.stringify(EVIL)} } })
      evil.setServiceParent(top)`,
    inStart: `log.msg(${JSON.stringify(`started ${EVIL}`)})`,
  })
  const [port, monitor] = [await freePort(), await freePort()]
  const at = ['--monitor', `tcp:${monitor}:interface=127.0.0.1`]
  await daemon(t, [...own, ...at, 'told', '--port', String(port)], { cwd })
  return { cwd, port, monitor }
}

async function shown(monitor: number, path = '/', accept = 'text/html'): Promise<Shown> {
  const response = await fetch(`http://127.0.0.1:${monitor}${path}`, { headers: { accept } })
  const headers = Object.fromEntries(response.headers) as IncomingHttpHeaders
  return { status: response.status, headers, text: await response.text() }
}

/**
 * What stands before a monitor and sees what a browser asks for: it answers with what
 * `change` makes of the pages, and of the policy that a frame of the test's needs gone.
 */
async function before(
  t: TestContext,
  monitor: number,
  change: (text: string, count: number) => string,
): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server: Server = createServer(async (request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    if (path === '/frame') {
      response.setHeader('Content-Type', 'text/html')
      return response.end(FRAME)
    }
    const { status, headers, text } = await shown(monitor, path, request.headers.accept)
    response.statusCode = status
    const policy = headers['content-security-policy'] as string | undefined
    if (policy) {
      const own = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
      response.setHeader('Content-Security-Policy', own)
    }
    response.setHeader('Content-Type', headers['content-type'] ?? 'text/plain')
    response.end(change(text, asked.filter((each) => each === '/').length))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close().closeAllConnections())
  return { port: (server.address() as AddressInfo).port, asked }
}

/**
 * The page as wide as a phone is, in which no script runs; says how wide it is drawn, and
 * the narrowest name of a row in it, which words stand before the states, and what it shows.
 */
const FRAME = `<!doctype html><title>wait</title>
<iframe sandbox="allow-same-origin" src="/" width="360" height="700"></iframe>
<script>
document.querySelector('iframe').onload = ({ target }) => {
  const { scrollWidth, clientWidth } = target.contentDocument.documentElement
  const all = (of) => [...target.contentDocument.querySelectorAll(of)]
  const narrowest = Math.min(...all('tbody th').map((each) => each.getBoundingClientRect().width))
  const words = all('td.state').map((each) => target.contentWindow.getComputedStyle(each, '::before').content)
  document.title = 'drawn ' + scrollWidth + ' in ' + clientWidth + ', names ' + Math.floor(narrowest) +
    ', words ' + [...new Set(words)].join().replaceAll('"', '')
  document.body.append(target.contentDocument.querySelector('main').innerText)
}
</script>`

/** What a browser has made of a page, after some seconds of its own time. */
async function browsed(t: TestContext, url: string): Promise<string> {
  const own = [`--user-data-dir=${join(tempDir(t), 'profile')}`, '--virtual-time-budget=12000']
  const all = ['--headless=new', '--no-sandbox', '--disable-gpu', ...own, '--dump-dom']
  const { stdout } = await run('chromium', [...all, url], { maxBuffer: 2 ** 26 })
  return stdout
}

test('a browser gets a page, and programs the lines that they had', async (t) => {
  const { monitor, port } = await watched(t)
  await fetchFrom(port)
  const page = await shown(monitor)
  assert.equal(page.status, 200)
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(page.headers.vary, 'Accept')
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; /)
  for (const said of [
    '<h1>told</h1>',
    '>ready<',
    'TCPServer',
    `tcp 127.0.0.1:${port}`,
    'started &lt;script&gt;',
  ]) {
    assert.ok(page.text.includes(said), said)
  }
  // Whoever runs no scripts comes again all the same.
  assert.ok(page.text.includes('<noscript><meta http-equiv="refresh" content="10"></noscript>'))
  // What only its owner is told: where files are.
  assert.doesNotMatch(page.text, /runner\.pid|runner\.log|told\.js/)
  assert.match((await shown(monitor, '/', '*/*')).text, /^told: ready\n\/livez\n/)
})

test('what services call themselves, and log, is text', async (t) => {
  const { monitor } = await watched(t)
  const { text } = await shown(monitor)
  assert.ok(!text.includes(EVIL))
  const [, ...times] = text.split('&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;')
  // Its name, both halves of what it tells, and its line in the log.
  assert.equal(times.length, 4)
})

test('with workers, each is a row, and so is who leaves', async (t) => {
  const { monitor } = await watched(t, ['--workers', '2'])
  const { text } = await shown(monitor)
  assert.match(text, /<h2>Workers<\/h2>/)
  for (const number of [1, 2]) {
    assert.match(text, new RegExp(`<th scope="row">${number}<small>pid \\d+</small></th>`))
  }
})

test('in a browser the page keeps up by itself, and asks for nothing else', { skip }, async (t) => {
  const { monitor } = await watched(t)
  const { port, asked } = await before(t, monitor, (text, count) =>
    text.replaceAll('<h1>told</h1>', `<h1>told ${count}</h1>`),
  )
  const seen = await browsed(t, `http://127.0.0.1:${port}/`)
  // The script runs, as the policy lets it, and has put a later page in place of the first.
  assert.match(seen, /<h1>told [2-9]<\/h1>/)
  assert.match(seen, /<title>told – runner<\/title>/)
  assert.deepEqual(
    asked.filter((path) => path !== '/' && path !== '/favicon.ico'),
    [],
  )
})

test('without scripts it shows the same, as wide as a phone and no wider', { skip }, async (t) => {
  const { monitor } = await watched(t, ['--workers', '2'])
  const { port } = await before(t, monitor, (text) => text)
  const seen = await browsed(t, `http://127.0.0.1:${port}/frame`)
  const title = /<title>drawn (\d+) in (\d+), names (\d+), words (.*)<\/title>/
  const [, drawn, room, names, words] = title.exec(seen) ?? []
  assert.ok(Number(room) > 300, seen.slice(0, 200))
  assert.ok(Number(drawn) <= Number(room), `${drawn} in ${room}`)
  // A table of columns would fit too, with a letter or two in each.
  assert.ok(Number(names) > Number(room) * 0.8, `${names} of ${room}`)
  assert.equal(words?.trim(), 'State:')
  for (const said of ['TCPServer', 'worker 2', 'started &lt;script&gt;']) {
    assert.ok(seen.includes(said), said)
  }
})
