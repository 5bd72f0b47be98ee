import type { ExportedRun } from '../export/exported-run.ts'
import type { PassedSockets } from './passed-sockets.ts'

/** The unit of the sockets, which are open before the service is started. */
export function socketUnit({ name }: ExportedRun, { settings }: PassedSockets): string {
  return `[Unit]
Description=Sockets of ${name}

[Socket]
${settings.join('\n')}

[Install]
WantedBy=sockets.target
`
}
