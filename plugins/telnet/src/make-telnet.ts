import type { IService } from 'runnerd'
import { type TelnetOptionValues, telnetOptions } from './plugin-options.ts'

/** What a tac file sets; what is left out is as on the command line. */
export interface TelnetSettings {
  /** Endpoint strings for telnet. */
  readonly listen?: readonly string[]
  /** A port of localhost for telnet. */
  readonly port?: number
  /** Endpoint strings for SSH. */
  readonly ssh?: readonly string[]
  readonly passwordFile?: string
  readonly authorizedKeys?: string
  readonly sshHostKey?: string
  readonly allowRemote?: boolean
  readonly maxConnections?: number
  /** Seconds. */
  readonly timeout?: number
  /** Seconds. */
  readonly loginTimeout?: number
  readonly loginTries?: number
}

/**
 * Makes the service of the plugin, to stand beside others in a tac file.
 *
 * @param namespace - what the sessions have by name, besides what they have anyway
 * @throws UsageError if nobody could log in, or other machines could that shouldn't
 *
 * @example
 * const telnet = await makeTelnet({ port: 2323, passwordFile: 'users' }, { cache })
 * telnet.setServiceParent(application)
 */
export async function makeTelnet(
  settings: TelnetSettings,
  namespace: Readonly<Record<string, unknown>> = {},
): Promise<IService> {
  const { TelnetService } = await import('./telnet-service.ts')
  const {
    sshHostKey = telnetOptions['ssh-host-key'].default,
    allowRemote = false,
    loginTimeout = telnetOptions['login-timeout'].default,
    loginTries = telnetOptions['login-tries'].default,
    maxConnections = telnetOptions['max-connections'].default,
    timeout = telnetOptions.timeout.default,
  } = settings
  const options = {
    ...settings,
    ...{ sshHostKey, allowRemote, loginTimeout, loginTries, timeout },
    'max-connections': maxConnections,
    'default-port': telnetOptions['default-port'].default,
  }
  return await TelnetService.make(options as unknown as TelnetOptionValues, namespace)
}
