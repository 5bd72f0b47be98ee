/**
 * Who may log in: a file of names and hashes of passwords, which `runner passwd`
 * makes. It imports nothing but Node, and `node:crypto` only when a password is
 * checked or made.
 *
 * @packageDocumentation
 *
 * @example
 * const passwords = await PasswordFile.open('users')
 * if (await passwords.check('anna', 'a long word')) console.log('welcome')
 */
export { PasswordFileError, type PasswordFileErrorCode, TooManyChecksError } from './errors.ts'
export { LoginFailures } from './login-failures.ts'
export { PasswordFile } from './password-file.ts'
export { nameFault, parseLines, withoutUser, withUser } from './password-lines.ts'
export { readSafely } from './read-safely.ts'
export { hashPassword } from './scrypt-hash.ts'
