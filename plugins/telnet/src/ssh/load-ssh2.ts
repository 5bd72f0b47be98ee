import { UsageError } from 'runnerd'

export type SSH2 = typeof import('ssh2')

/**
 * Loads the package that speaks SSH, which only `--ssh` needs.
 *
 * @throws UsageError if it isn't installed
 */
export async function loadSSH2(): Promise<SSH2> {
  try {
    const { default: ssh2 } = (await import('ssh2')) as unknown as { default: SSH2 }
    return ssh2
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError('cannot use --ssh: the package ssh2 is not installed', {
      hint: 'npm install ssh2, beside @runnerd/telnet',
    })
  }
}
