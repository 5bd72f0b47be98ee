/** What a service is kept from that needs none of it. */
export interface Sandbox {
  /** Whether what it runs, or where, is in somebody's home. */
  readonly readsHome: boolean
  /** The capabilities that it keeps. */
  readonly capabilities: readonly string[]
  /** Paths that it may write to, ready to be listed. */
  readonly writable: readonly string[]
}

/**
 * The settings that confine a service. Node compiles as it runs, so that
 * `MemoryDenyWriteExecute=` can't be, and looks at network interfaces by AF_NETLINK.
 */
export function hardening({ readsHome, capabilities, writable }: Sandbox): string[] {
  const kept = capabilities.join(' ')
  return [
    'NoNewPrivileges=yes',
    `CapabilityBoundingSet=${kept}`,
    ...(kept === '' ? [] : [`AmbientCapabilities=${kept}`]),
    'ProtectSystem=strict',
    `ProtectHome=${readsHome ? 'read-only' : 'yes'}`,
    ...(writable.length === 0 ? [] : [`ReadWritePaths=${writable.join(' ')}`]),
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'ProtectProc=invisible',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'RemoveIPC=yes',
    'LockPersonality=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources',
    'SystemCallErrorNumber=EPERM',
    'UMask=0077',
  ]
}
