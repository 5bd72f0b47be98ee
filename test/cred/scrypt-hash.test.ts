import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, type PasswordFile, parseLines } from '@runnerd/cred'
import fc from 'fast-check'
import { openWith } from './open-with.ts'

const salt = 'AAAAAAAAAAAAAAAAAAAAAA'
const hash = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

/** What is wrong with a file of one line. */
function faultOf(line: string): string | undefined {
  try {
    parseLines(line, 'F')
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

test('a new hash is one of scrypt in PHC form with a salt of its own, and is that of its password', async (t) => {
  const made = await hashPassword('a word with: a colon')
  assert.match(made, /^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(await hashPassword('a word with: a colon'), made)
  const file = await openWith(t, `anna:${made}\n`)
  assert.equal(await file.check('anna', 'a word with: a colon'), true)
  assert.equal(await file.check('anna', 'a word with: a colo'), false)
})

test("the hashes of others are taken: the RFC's own, and that of Python's passlib", async (t) => {
  // RFC 7914, section 12: N = 16384, r = 8, p = 1.
  const key =
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
    'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887'
  const [rfcSalt, rfcHash] = [Buffer.from('SodiumChloride'), Buffer.from(key, 'hex')].map((bytes) =>
    bytes.toString('base64').replace(/=+$/, ''),
  )
  const passlib =
    '$scrypt$ln=10,r=8,p=1$EgKAsPb+XwvBGAMAoBTivA$rCZsEAqMs7MVYwqPE9stNN4pdMKaMb0v7R7n8WQH/pU'
  const file: PasswordFile = await openWith(
    t,
    `rfc:$scrypt$ln=14,r=8,p=1$${rfcSalt}$${rfcHash}\npasslib:${passlib}\n`,
  )
  assert.equal(await file.check('rfc', 'pleaseletmein'), true)
  assert.equal(await file.check('passlib', 'correct horse'), true)
  assert.equal(await file.check('passlib', 'correct mule'), false)
})

test('a hash is refused that would take all memory or time, or is not quite in the form', () => {
  const costly = 'F: line 1 has a hash that takes too much memory or time'
  const strange = 'F: line 1 has a hash that is not in the form of scrypt'
  for (const [cost, reason] of [
    ['ln=17,r=8,p=4', undefined],
    ['ln=17,r=8,p=5', costly],
    ['ln=18,r=8,p=1', costly],
    ['ln=17,r=9,p=1', costly],
    ['ln=14,r=99,p=1', costly],
    ['ln=99,r=99,p=99', costly],
    ['ln=16,r=1,p=1', strange],
    ['ln=015,r=8,p=1', strange],
    ['ln=0,r=8,p=1', strange],
    ['ln=-1,r=8,p=1', strange],
    ['ln=1e1,r=8,p=1', strange],
    ['ln=15,r=8', strange],
    ['ln=15,p=1,r=8', strange],
    ['ln=15,ln=15,r=8,p=1', strange],
  ] as const) {
    const said = faultOf(`anna:$scrypt$${cost}$${salt}$${hash}`)
    assert.equal(said, reason && `cannot use password file ${reason}`, cost)
  }
  for (const rest of [
    `${salt}==$${hash}`,
    `${salt}$${hash}=`,
    `${salt}$${hash} `,
    `${salt}$${hash}$`,
    `${salt.slice(0, -1)}B$${hash}`,
    `AAAA$${hash}`,
    `${salt}$AAAA`,
    `${salt}$${'A'.repeat(1000)}`,
    `$${hash}`,
    salt,
  ]) {
    assert.match(faultOf(`anna:$scrypt$ln=15,r=8,p=1$${rest}`) ?? '', /form of scrypt$/, rest)
  }
  assert.match(faultOf(`anna:$2b$12$${salt}`) ?? '', /form of scrypt$/)
  assert.match(faultOf(`anna:$argon2id$v=19$m=65536,t=3,p=4$${salt}$${hash}`) ?? '', /of scrypt$/)
})

test('no text makes reading a file throw anything but what is said to the operator', () => {
  const piece = fc.oneof(
    fc.constantFrom('anna', ':', '$', 'scrypt', 'ln=', '15', ',', 'r=8', 'p=1', '\n', '#', hash),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const said = faultOf(pieces.join(''))
      assert.ok(said === undefined || /^cannot use password file F: line \d+ (is|has) /.test(said))
    }),
    { numRuns: 500 },
  )
})
