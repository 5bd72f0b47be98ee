import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atCursor, type OptionsSpec, optionCandidates } from '@runnerd/options'

const spec: OptionsSpec = {
  port: { alias: 'p', type: 'number', describe: 'The\tport.' },
  poem: { type: 'string', normalize: true },
  loud: { alias: 'l', type: 'boolean' },
  on: { type: 'boolean', default: true },
  verbose: { alias: 'v', type: 'count' },
  list: { type: 'string', array: true },
  secret: { type: 'string', hidden: true },
}

function valueAt(...words: string[]): string {
  const at = atCursor(words, spec)
  return at.wants === 'value' ? `${at.of.name} after ${at.skip}` : at.wants
}

test('atCursor knows whose value the word is, however it is written', () => {
  assert.equal(valueAt('--poem', ''), 'poem after 0')
  assert.equal(valueAt('--poem', 'x'), 'poem after 0')
  assert.equal(valueAt('--poem='), 'poem after 7')
  assert.equal(valueAt('--poem=a=b'), 'poem after 7')
  assert.equal(valueAt('-p', '8'), 'port after 0')
  assert.equal(valueAt('-p8'), 'port after 2')
  assert.equal(valueAt('-p=8'), 'port after 3')
  assert.equal(valueAt('-lp', ''), 'port after 0')
  assert.equal(valueAt('-lp8'), 'port after 3')
})

test('atCursor wants an option where a word begins like one', () => {
  for (const word of ['-', '--', '--po', '--poem', '-p', '--nothing', '--loud=']) {
    assert.equal(valueAt(word), 'option', word)
    assert.equal(valueAt('--loud', word), 'option', word)
  }
  assert.equal(valueAt('--poem', '--po'), 'option')
  assert.equal(valueAt('--poem', '-'), 'option')
})

test('atCursor wants an argument elsewhere, and stops at the first where told to', () => {
  assert.deepEqual(atCursor(['--loud', 'x'], spec), {
    wants: 'argument',
    given: [{ name: 'loud', option: spec.loud, text: 'true' }],
    rest: ['x'],
  })
  const at = atCursor(['-l', 'name', '--poem', '-'], spec, true)
  assert.deepEqual(at.wants === 'argument' && at.rest, ['name', '--poem', '-'])
  assert.equal(valueAt('--', '--poem', ''), 'argument')
  assert.equal(valueAt(), 'argument')
})

function offered(word: string, ...before: string[]): string[] {
  const { given } = atCursor([...before, word], spec)
  return optionCandidates(spec, given, word).map((candidate) => candidate.word)
}

test('optionCandidates offers all names but the hidden, and no option twice', () => {
  const all = '--port -p --poem --loud -l --on --no-on --verbose -v --list --help --version'
  assert.deepEqual(offered('').sort(), all.split(' ').sort())
  const left = offered('', '-p', '1', '--no-loud', '-v', '--list', 'x', '--on')
  assert.deepEqual(left.sort(), ['--help', '--list', '--poem', '--verbose', '--version', '-v'])
})

test('optionCandidates offers the --no- form of every flag to who asks for it', () => {
  assert.ok(!offered('--').includes('--no-loud'))
  const no = offered('--no-').filter((word) => word.startsWith('--no-'))
  assert.deepEqual(no, ['--no-loud', '--no-on'])
})

test('optionCandidates describes in one line', () => {
  const [port] = optionCandidates({ port: { describe: 'The\n\u001b[1mport\t.' } }, [], '')
  assert.deepEqual(port, { word: '--port', description: 'The [1mport .' })
})
