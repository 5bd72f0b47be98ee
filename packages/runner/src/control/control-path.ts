/** Where the control socket of the daemon with this pid file is: beside it. */
export function controlPath(pidfile: string): string {
  return pidfile.endsWith('.pid') ? `${pidfile.slice(0, -4)}.sock` : `${pidfile}.sock`
}
