/** The types of records that have a name here, IANA's registry of them. */
const numbers = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  EUI48: 108,
  EUI64: 109,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  URI: 256,
  CAA: 257,
} as const

/** The name of a type. */
export type TypeName = keyof typeof numbers

/** The numbers of the types by their names. */
export const Type: { readonly [name in TypeName]: number } = numbers

const names = new Map<number, string>(
  Object.entries(numbers).map(([name, number]) => [number, name]),
)

/** What a type is called: `MX`, or `TYPE65280` for one that has no name here. */
export function typeName(number: number): string {
  return names.get(number) ?? `TYPE${number}`
}

/** The number of a type as a master file names it, `undefined` if it is none. */
export function typeNumber(text: string): number | undefined {
  const name = text.toUpperCase()
  if (Object.hasOwn(numbers, name)) return numbers[name as TypeName]
  const number = Number(/^TYPE(\d{1,5})$/.exec(name)?.[1])
  return number <= 65535 ? number : undefined
}

/** Whether it is one of queries only, or of a transport, which no zone can have. */
export function isMeta(type: number): boolean {
  return type === 0 || type === Type.OPT || (type >= 128 && type <= 255)
}

/** The answers' codes, RFC 1035 and RFC 6891. */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  BADVERS: 16,
} as const

/** What a code is called. */
export function rcodeName(number: number): string {
  return Object.entries(Rcode).find(([, each]) => each === number)?.[0] ?? `RCODE${number}`
}
