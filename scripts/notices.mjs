// The copyright notices of what a bundle has of others' packages: their licences
// want them wherever a copy goes.
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Of each package once, by name, from esbuild's metafiles. */
export function noticesOf(metafiles) {
  const dirs = new Set()
  for (const { outputs } of metafiles) {
    for (const { inputs } of Object.values(outputs)) {
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const [, dir] = /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? []
        if (dir !== undefined && bytesInOutput > 0) dirs.add(resolve(dir))
      }
    }
  }
  const notices = new Set([...dirs].map(noticeOf))
  return [...notices].sort().join(`\n${'-'.repeat(72)}\n\n`)
}

function noticeOf(dir) {
  const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  const files = readdirSync(dir).filter((file) => /^(?:licen[cs]e|notice)/i.test(file))
  if (files.length === 0) throw new Error(`${name} is bundled, and has no file of its licence`)
  const texts = files.sort().map((file) => readFileSync(join(dir, file), 'utf8').trim())
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
}
