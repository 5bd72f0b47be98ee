/** The services that need no program; RFC 862, 863, 864, 867 and 868. */
const names = ['echo', 'discard', 'chargen', 'daytime', 'time'] as const

export type InternalName = (typeof names)[number]

export function isInternalName(name: string): name is InternalName {
  return (names as readonly string[]).includes(name)
}
