import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ftp } from '@runnerd/ftp'
import { type StartedService, startService } from '@runnerd/testkit'
import { passwordLine } from './password-line.ts'
import { tempDir } from './temp-dir.ts'

/** A server of FTP in this process, and what it serves. */
export interface FTPServer {
  readonly service: StartedService
  readonly port: number
  /** The directory that is served; what is beside it is outside. */
  readonly root: string
}

/**
 * Starts one whose root has `poem.txt`, `sub/deep.txt` and `.hidden`, for anonymous and,
 * if there is a password file, for `anna` with the password `secret`.
 */
export async function ftpServer(t: TestContext, args: readonly string[] = []): Promise<FTPServer> {
  const dir = tempDir(t)
  const root = join(dir, 'root')
  mkdirSync(join(root, 'sub'), { recursive: true })
  writeFileSync(join(root, 'poem.txt'), 'a poem\nof two lines\n')
  writeFileSync(join(root, 'sub', 'deep.txt'), 'deep\n')
  writeFileSync(join(root, '.hidden'), 'hidden\n')
  writeFileSync(join(dir, 'outside.txt'), 'outside\n')
  const service = await startService(ftp, ['--port', '0', '--root', root, ...args])
  t.after(() => service.stop())
  return { service, root, port: service.address().port }
}

/** The options with which anna may log in, and write. */
export function withAnna(t: TestContext, ...more: string[]): string[] {
  const file = join(tempDir(t), 'users')
  writeFileSync(file, passwordLine('anna', 'secret'), { mode: 0o600 })
  return ['--password-file', file, '--write', ...more]
}
