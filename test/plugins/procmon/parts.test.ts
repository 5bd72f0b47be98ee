import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { LineSplitter, RestartDelay, readProcfile } from '@runnerd/procmon'
import fc from 'fast-check'
import { tempDir } from '../../helpers/temp-dir.ts'

describe('the delay before a restart', () => {
  it("doubles with each failure up to the most, and begins anew after success, as Twisted's", () => {
    const delay = new RestartDelay({ threshold: 1, minRestartDelay: 1, maxRestartDelay: 5 })
    const lives = [0, 0.5, 0.9, 0, 0, 1, 0, 0, 60, 60]
    assert.deepEqual(
      lives.map((lived) => delay.after(lived)),
      [1, 2, 4, 5, 5, 0, 1, 2, 0, 0],
    )
  })
})

describe('a LineSplitter', () => {
  function linesOf(chunks: readonly Buffer[], longest: number): string[] {
    const lines: string[] = []
    const splitter = new LineSplitter((line) => lines.push(line), longest)
    for (const chunk of chunks) splitter.write(chunk)
    splitter.end()
    return lines
  }

  it('makes lines of any chunks, the last one without an end among them', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''))
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), fc.nat(7), (all, isEnded, cut) => {
        const text = all.join('\n') + (isEnded ? '\n' : '')
        const data = Buffer.from(text)
        const chunks: Buffer[] = []
        for (let at = 0; at < data.length; at += cut + 1)
          chunks.push(data.subarray(at, at + cut + 1))
        const wanted = text.split('\n')
        if (wanted.at(-1) === '') wanted.pop()
        assert.deepEqual(linesOf(chunks, 10_000), wanted)
      }),
    )
  })

  it('passes on a long line in pieces, and cuts no character', () => {
    const text = '🦉'.repeat(1000)
    const lines = linesOf([Buffer.from(text)], 1001)
    assert.equal(lines.join(''), text)
    assert.ok(lines.every((line) => Buffer.byteLength(line) <= 1001))
  })

  it('takes any bytes, loses none that are text and keeps none back for long', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const all = chunks.map((each) => Buffer.from(each))
        const length = linesOf(all, 16).reduce((sum, line) => sum + line.length, 0)
        assert.ok(length <= Buffer.concat(all).length)
      }),
    )
  })
})

describe('a Procfile', () => {
  function read(dir: string, text: string): ReturnType<typeof readProcfile> {
    const file = join(dir, 'Procfile')
    writeFileSync(file, text)
    return readProcfile(file)
  }

  it('has a name and a command for the shell in each line', (t) => {
    assert.deepEqual(
      read(tempDir(t), '# two\n\nweb: serve --port 80 # x\r\n worker-1 :work: it\n'),
      [
        { name: 'web', words: ['/bin/sh', '-c', 'serve --port 80 # x'] },
        { name: 'worker-1', words: ['/bin/sh', '-c', 'work: it'] },
      ],
    )
  })

  for (const [text, reason] of [
    ['web: a\nserve', ", line 2: it is not of the form 'name: command'"],
    ['web: a\nweb: b', ', line 2: there is a web already'],
    ['# nothing', ': there is no command in it'],
    ['web: a\0b', ', line 1: there is a NUL in it'],
  ] as const) {
    it(`is refused for ${JSON.stringify(text)}`, (t) => {
      const dir = tempDir(t)
      const message = `cannot use ${join(dir, 'Procfile')}${reason}`
      assert.throws(() => read(dir, text), { code: 'ERR_PROCFILE', exitStatus: 78, message })
    })
  }

  it('is refused in plain words when it is a directory', (t) => {
    const dir = tempDir(t)
    const message = `cannot use ${dir}: it is a directory`
    assert.throws(() => readProcfile(dir), { code: 'ERR_PROCFILE', exitStatus: 66, message })
  })
})
