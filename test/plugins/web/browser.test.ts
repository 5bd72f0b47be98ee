import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { startService } from '@runnerd/testkit'
import { web } from '@runnerd/web'
import { certificate } from '../../helpers/certificate.ts'
import { hasCommand } from '../../helpers/has-command.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

const run = promisify(execFile)
const noBrowser = hasCommand('chromium') ? false : 'there is no chromium'

const PAGE = `<!doctype html>
<meta charset="utf-8">
<link rel="stylesheet" href="st%C3%BCl.css">
<p id="text">nothing</p>
<img id="image" src="images/dot.svg">
<script type="module" src="app.mjs"></script>
`

const APP = `const { promise, resolve } = Promise.withResolvers()
if (document.readyState === 'complete') resolve()
else addEventListener('load', resolve)
await promise
const { greeting } = await (await fetch('data.json')).json()
const [{ nextHopProtocol }] = performance.getEntriesByType('navigation')
const { color } = getComputedStyle(document.querySelector('#text'))
const { naturalWidth } = document.querySelector('#image')
document.querySelector('#text').textContent = [greeting, color, naturalWidth, nextHopProtocol].join(' ')
`

/** A page whose parts each have to be what a browser takes for it: nosniff is strict. */
function siteIn(root: string): string {
  mkdirSync(join(root, 'images'), { recursive: true })
  writeFileSync(join(root, 'index.html'), PAGE)
  writeFileSync(join(root, 'stül.css'), '#text { color: rgb(1, 2, 3) }')
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>'
  writeFileSync(join(root, 'images', 'dot.svg'), svg)
  writeFileSync(join(root, 'data.json'), '{ "greeting": "hello" }')
  // What the browser runs is the compressed one.
  writeFileSync(join(root, 'app.mjs'), 'document.title = "plain"')
  writeFileSync(join(root, 'app.mjs.gz'), gzipSync(APP))
  return root
}

test('a browser shows a page with its styles, modules, images and data, by HTTP/2 too', {
  skip: noBrowser,
}, async (t) => {
  const root = siteIn(join(tempDir(t), 'www'))
  const profile = tempDir(t)
  const pem = certificate()
  if (pem === undefined) return t.skip('there is no openssl')
  const [key, cert] = [join(profile, 'key.pem'), join(profile, 'cert.pem')]
  writeFileSync(key, pem.key)
  writeFileSync(cert, pem.cert)
  const ssl = `ssl:0:privateKey=${key}:certKey=${cert}:interface=127.0.0.1`
  for (const [scheme, listen, protocol] of [
    ['http', 'tcp:0:interface=127.0.0.1', 'http/1.1'],
    ['https', ssl, 'h2'],
  ] as const) {
    const service = await startService(web, ['--path', root, '--listen', listen])
    t.after(() => service.stop())
    const ways = ['--headless=new', '--no-sandbox', '--disable-gpu', '--ignore-certificate-errors']
    const own = [`--user-data-dir=${join(profile, scheme)}`, '--virtual-time-budget=20000']
    const url = `${scheme}://127.0.0.1:${service.address().port}/`
    const { stdout } = await run('chromium', [...ways, ...own, '--dump-dom', url])
    assert.match(stdout, new RegExp(`<p id="text">hello rgb\\(1, 2, 3\\) 7 ${protocol}</p>`))
  }
})
