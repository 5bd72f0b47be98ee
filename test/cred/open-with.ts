import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { PasswordFile } from '@runnerd/cred'
import { tempDir } from '../helpers/temp-dir.ts'

/** Opens a password file of that text. */
export async function openWith(t: TestContext, text: string): Promise<PasswordFile> {
  const path = join(tempDir(t), 'users')
  writeFileSync(path, text, { mode: 0o600 })
  return await PasswordFile.open(path)
}
