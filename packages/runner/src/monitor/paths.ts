/** What may be looked at, on the monitor and, among other things, on the control socket. */
export const lookPaths = ['/', '/livez', '/readyz', '/metrics', '/overview'] as const

export type LookPath = (typeof lookPaths)[number]
