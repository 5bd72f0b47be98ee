/**
 * An FTP server, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */

export { FTPFactory } from './ftp-factory.ts'
export type { FTPSettings } from './ftp-settings.ts'
export { ftp } from './plugin.ts'
export { Root } from './served-root.ts'
