import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameFault, parseLines, withoutUser, withUser } from '@runnerd/cred'
import fc from 'fast-check'
import { passwordLine } from '../helpers/password-line.ts'

const anna = passwordLine('anna', 'a')
const bert = passwordLine('bert', 'b')

function fault(text: string): { message: string; hint?: string } {
  try {
    parseLines(text, '/etc/users')
  } catch (error) {
    return error as Error
  }
  return { message: '' }
}

test('parseLines takes users, comments and empty lines, whatever ends a line', () => {
  const text = `# who may come\n${anna.replace('\n', '\r\n')}\n \n#bert:x\n${bert.trimEnd()}`
  assert.deepEqual([...parseLines(text, 'F').keys()], ['anna', 'bert'])
  assert.deepEqual([...parseLines('', 'F').keys()], [])
})

test('parseLines says of the first wrong line what it is, what mends it, and no password', () => {
  for (const [text, reason, hint] of [
    [
      `${anna}bert:tiger\n`,
      'line 2 has a password, and no hash of one',
      'runner passwd /etc/users bert puts a hash of a password there',
    ],
    [
      'anna:tiger$lion\n',
      'line 1 has a password, and no hash of one',
      'runner passwd /etc/users anna puts a hash of a password there',
    ],
    [
      'anna:\n',
      'line 1 has a password, and no hash of one',
      'runner passwd /etc/users anna puts a hash of a password there',
    ],
    ['tiger\n', 'line 1 is not NAME:HASH', 'runner passwd /etc/users NAME writes such lines'],
    [`:${bert}`, 'line 1 is not NAME:HASH', 'runner passwd /etc/users NAME writes such lines'],
    [
      `${anna}${bert}${anna}`,
      'line 3 has anna once more',
      'runner passwd /etc/users anna leaves one line',
    ],
  ] as const) {
    const said = fault(text)
    assert.equal(said.message, `cannot use password file /etc/users: ${reason}`)
    assert.equal(said.hint, hint)
    assert.doesNotMatch(said.message + said.hint, /tiger|lion/)
  }
})

test('a name is none with a colon, a control character, a # before it or spaces around it', () => {
  for (const name of [
    '',
    'a:b',
    'a\nb',
    'a\tb',
    '\u007f',
    'a\u0085',
    '#a',
    ' a',
    'a ',
    'é'.repeat(128),
  ])
    assert.notEqual(nameFault(name), undefined, JSON.stringify(name))
  for (const name of ['anna', 'a b', 'anna@example.org', 'é', '-', '$x', 'é'.repeat(127)])
    assert.equal(nameFault(name), undefined, name)
})

const named = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((name) => nameFault(name) === undefined)

test('withUser sets one line and withoutUser takes it away, and no other line changes', () => {
  const others = fc.array(
    fc.oneof(
      named.map((name) => `${name}:x`),
      fc.constantFrom('', '# c'),
    ),
  )
  fc.assert(
    fc.property(others, named, (lines, name) => {
      const rest = lines.filter((line) => line !== `${name}:x`)
      const text = rest.map((line) => `${line}\n`).join('')
      const set = withUser(text, name, 'HASH')
      assert.equal(set, `${text}${name}:HASH\n`)
      assert.equal(withUser(set, name, 'OTHER'), `${text}${name}:OTHER\n`)
      assert.equal(withoutUser(set, name), text)
      assert.equal(withoutUser(text, name), undefined)
    }),
  )
})

test('withUser leaves the line in its place, and one where there were two', () => {
  assert.equal(withUser('a:1\nb:2\nc:3\nb:4', 'b', 'H'), 'a:1\nb:H\nc:3\n')
  assert.equal(withUser('a:1\r\nb:2\r\n', 'a', 'H'), 'a:H\nb:2\r\n')
  assert.equal(withUser('', 'a', 'H'), 'a:H\n')
  assert.equal(withoutUser('a:1\nb:2\na:3', 'a'), 'b:2\n')
})
