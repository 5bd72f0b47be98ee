/**
 * The debugging shell, for tac files that put it beside services of their own.
 *
 * @packageDocumentation
 */
export { makeTelnet, type TelnetSettings } from './make-telnet.ts'
export { telnet } from './plugin.ts'
