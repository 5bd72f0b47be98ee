import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { getSystemErrorMap } from 'node:util'
import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

/** What recvmsg(2) fills in. */
export interface MessageHeader {
  readonly name: Buffer
  namelen: number
  readonly iov: { readonly base: Buffer; readonly len: number }
  readonly iovlen: 1
  readonly control: Buffer | null
  controllen: number
  flags: number
}

/** The calls of the C library that Node lacks. Each gives -1 when it fails; `errno` then says why. */
export interface Libc {
  chroot(path: string): number
  socket(domain: number, type: number, protocol: number): number
  bind(fd: number, address: Buffer, length: number): number
  connect(fd: number, address: Buffer, length: number): number
  setsockopt(fd: number, level: number, name: number, value: Buffer, length: number): number
  send(fd: number, bytes: Buffer, length: number, flags: number): number
  sendto(
    fd: number,
    bytes: Buffer,
    length: number,
    flags: number,
    address: Buffer,
    addressLength: number,
  ): number
  recvmsg(fd: number, header: MessageHeader, flags: number): number
  fcntl(fd: number, command: number, type: 'int', value: number): number
  flock(fd: number, operation: number): number
  close(fd: number): number
  errno(): number
}

const declarations = {
  chroot: 'int chroot(const char*)',
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, const void*, uint32_t)',
  connect: 'int connect(int, const void*, uint32_t)',
  setsockopt: 'int setsockopt(int, int, int, const void*, uint32_t)',
  send: 'intptr_t send(int, const void*, size_t, int)',
  sendto: 'intptr_t sendto(int, const void*, size_t, int, const void*, uint32_t)',
  fcntl: 'int fcntl(int, int, ...)',
  flock: 'int flock(int, int)',
  close: 'int close(int)',
}

let loaded: Libc | undefined

/**
 * The C library, through koffi, which is there if somebody has installed it. It is
 * loaded by the first call, and nothing is where nobody asks. Node's own process has the
 * library open already, whatever its name is there: glibc's, musl's or macOS'.
 *
 * @param attempt what can't be done without it: `cannot change root to /srv/jail`
 *
 * @throws RunnerError where koffi isn't, or has no binary for this machine
 */
export function loadLibc(attempt: string): Libc {
  loaded ??= load(attempt)
  return loaded
}

/** The C library if it was loaded already. */
export function loadedLibc(): Libc | undefined {
  return loaded
}

function load(attempt: string): Libc {
  if (process.platform === 'win32') {
    const message = `${attempt}: Windows has no such thing`
    throw new RunnerError('ERR_WINDOWS', ExitStatus.UNAVAILABLE, message)
  }
  const koffi = requireKoffi(attempt)
  const library = koffi.load(null)
  const functions = Object.entries(declarations).map(([name, text]) => [name, library.func(text)])
  const recvmsg = library.func('recvmsg', 'intptr_t', [
    'int',
    koffi.inout(koffi.pointer(messageHeader(koffi))),
    'int',
  ])
  return { ...Object.fromEntries(functions), recvmsg, errno: koffi.errno } as Libc
}

/** A `struct msghdr`, of which POSIX leaves two types to the system. */
function messageHeader({ struct, pointer }: Koffi): KoffiType {
  const isLinux = process.platform === 'linux'
  return struct({
    name: 'void*',
    namelen: 'uint32_t',
    iov: pointer(struct({ base: 'void*', len: 'size_t' })),
    iovlen: isLinux ? 'size_t' : 'int',
    control: 'void*',
    controllen: isLinux ? 'size_t' : 'uint32_t',
    flags: 'int',
  })
}

type KoffiType = string | { readonly brand: 'a type of koffi' }

/** Whether it is installed, as far as can be told without loading it. */
export function canRequireKoffi(): boolean {
  try {
    createRequire(import.meta.filename).resolve('koffi')
    return true
  } catch {
    return false
  }
}

/** What of koffi is used here. */
interface Koffi {
  load(path: null): {
    func(declaration: string): unknown
    func(name: string, result: KoffiType, parameters: readonly KoffiType[]): unknown
  }
  struct(members: Readonly<Record<string, KoffiType>>): KoffiType
  pointer(to: KoffiType): KoffiType
  inout(type: KoffiType): KoffiType
  errno(): number
}

function requireKoffi(attempt: string): Koffi {
  try {
    // Node follows no link to a package while the last file it looked at was a socket,
    // such as our own control socket: what it keeps of that is taken for the link's.
    // In another root this file is not there; koffi is loaded then.
    statSync(import.meta.filename, { throwIfNoEntry: false })
    return createRequire(import.meta.filename)('koffi') as Koffi
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const missing = code === 'MODULE_NOT_FOUND'
    const reason = missing ? 'koffi is not installed' : `koffi does not load: ${firstLine(message)}`
    const hint = 'npm install koffi'
    throw new RunnerError('ERR_NO_KOFFI', ExitStatus.UNAVAILABLE, `${attempt}: ${reason}`, {
      hint,
      cause: error,
    })
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

/** An error as Node's own calls throw it, with `code`, `errno`, `syscall` and `path`. */
export function systemError(errno: number, syscall: string, path: string): NodeJS.ErrnoException {
  const [code, reason] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, `error ${errno}`]
  const error = new Error(`${code}: ${reason}, ${syscall} '${path}'`)
  return Object.assign(error, { code, errno: -errno, syscall, path })
}
