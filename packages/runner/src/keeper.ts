import { spawn } from 'node:child_process'
import { fstatSync, readSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { LogDirectory } from '@runnerd/logging'
import { controlPath } from './control/control-path.ts'
import { ownEntries } from './control/registry.ts'
import { openNameless } from './nameless-file.ts'

/**
 * What a daemon without privileges can't do any more in directories of root's: it
 * makes the next log file, removes the oldest, and removes the pid file, the control
 * socket and root's links to the daemon when that is gone, however it went. Outside a
 * new root it copies the log instead. It knows the paths from its start and takes no
 * others. Several processes may ask it; each answer begins with the asker's word.
 */
const SCRIPT = `
daemon=$1 pidfile=$2 log=$3 owner=$4 socket=$5
shift 5
trap '' HUP INT TERM QUIT
make() { # FILE MODE
  (set -C; : > "$1") 2>/dev/null || return 1
  chown -h "$owner" "$1" || return 1
  [ "$2" = - ] || chmod "$2" "$1"
}
rotate() { # NUMBER MODE
  rm -f "$log.new" && make "$log.new" "$2" || return 1
  # It has both names where a rotation was cut short.
  [ "$log.$1" -ef "$log" ] || ln "$log" "$log.$1" || return 1
  mv -f "$log.new" "$log"
}
is_inode() { # NUMBER
  [ "$(ls -di "$log" | { read -r inode rest; echo "$inode"; })" = "$1" ]
}
copy() { # FILES, or 0 for all
  last=0
  for file in "$log".*; do
    n=\${file#"$log".}; n=\${n%%.*}
    case $n in ''|0*|*[!0-9]*) ;; *) [ "$n" -gt "$last" ] && last=$n ;; esac
  done
  rm -f "$log.new"
  cp -p "$log" "$log.new" && ln "$log.new" "$log.$((last + 1))"
  copied=$?
  rm -f "$log.new"
  [ "$1" = 0 ] || rm -f "$log.$((last + 1 - $1))"
  return $copied
}
while read -r asker verb number mode inode; do
  case $number in *[!0-9]*) echo "$asker failed"; continue ;; esac
  case $verb in
    create) make "$log" "$mode" && answer=ok || answer=failed ;;
    rotate) if ! is_inode "$inode"; then answer=stale
            elif [ -e "$log.$number" ] && ! [ "$log.$number" -ef "$log" ]; then answer=exists
            elif rotate "$number" "$mode"; then answer=ok; else answer=failed; fi ;;
    remove) [ -f "$log.$number" ] && rm -f "$log.$number" && answer=ok || answer=failed ;;
    pid) daemon=$number answer=ok ;;
    copy) if is_inode "$inode" && copy "$number"; then answer=ok; else answer=failed; fi ;;
    *) answer=failed ;;
  esac
  echo "$asker $answer"
done
# Workers that it has left behind have the lock: the next start finds them by the file.
while [ -n "$pidfile" ] && [ "$(cat "$pidfile" 2>/dev/null)" = "$daemon" ]; do
  # By a descriptor: flock itself would make a file that somebody has just removed.
  (flock -n 9) 9<"$pidfile"
  [ $? = 1 ] || break
  sleep 1
done
if [ -n "$pidfile" ] && [ "$(cat "$pidfile" 2>/dev/null)" = "$daemon" ]; then
  # A pid file that names this daemon has its socket beside it, and nobody else's.
  [ ! -S "$socket" ] || rm -f "$socket"
  rm -f "$pidfile"
fi
# Where the user who started the daemon finds it.
for entry do [ ! -L "$entry" ] || rm -f "$entry"; done
`

/** Has the script, so that a list of processes shows a line of it, and not a page. */
const SCRIPT_VARIABLE = 'RUNNER_KEEPER_SCRIPT'

/** How long an answer may take, and between two looks for it, in ms. */
const PATIENCE = 5000
const PAUSE = 1

/** What the keeper keeps. */
export interface Kept {
  /** The pid file it removes at the end, and the control socket beside it; `undefined` for none. */
  readonly pidfile: string | undefined
  /** The log whose directory it changes; `undefined` for none. */
  readonly log: string | undefined
  /** `uid:gid` of the daemon, which new log files get. */
  readonly owner: string
  /** The log's path for the daemon, another after a change of the root; `undefined` outside that. */
  readonly inside: string | undefined
}

/** A shell that a daemon asks, and hands on to the generation after it. */
export interface Keeper {
  /** What the next generation needs to ask it too. */
  readonly fds: readonly [number, number]
  /** The log that it keeps; empty if none. */
  readonly log: string
  /** The log's directory, as changed through it. */
  readonly directory: LogDirectory
  /** The daemon is this process from now on. @throws if the keeper can't be told */
  name(pid: number): void
}

/**
 * Starts the keeper: a shell, run as root, that lives as long as this process and
 * those that it is handed on to.
 */
export function startKeeper({ pidfile, log, owner, inside }: Kept): Keeper {
  // Both ends have it open: reading it never blocks.
  const answers = openNameless(tmpdir())
  const args = [
    '-c',
    `eval "$${SCRIPT_VARIABLE}"`,
    'runner-keeper',
    String(process.pid),
    pidfile ?? '',
    log ?? '',
    owner,
    pidfile ? controlPath(pidfile) : '',
    ...ownEntries(process.env),
  ]
  const env = { ...process.env, [SCRIPT_VARIABLE]: SCRIPT }
  const keeper = spawn('/bin/sh', args, { detached: true, env, stdio: ['pipe', answers, 'ignore'] })
  keeper.on('error', () => {})
  keeper.stdin?.on('error', () => {})
  keeper.unref()
  ;(keeper.stdin as unknown as { unref(): void }).unref()
  const { fd } = (keeper.stdin as unknown as { _handle: { fd: number } })._handle
  return keeperAt([fd, answers], inside ?? log ?? '', inside === undefined)
}

/**
 * The keeper of the generation before, by the descriptors that came from it.
 *
 * @param isOutside whether the log can't be opened by its path
 */
export function keeperAt(fds: readonly [number, number], log: string, isOutside = false): Keeper {
  const directory = new (isOutside ? OutsideDirectory : KeptDirectory)(fds, log)
  return { fds, log, directory, name: (pid) => directory.name(pid) }
}

class KeptDirectory implements LogDirectory {
  readonly #keeper: number
  readonly #answers: number
  protected readonly log: string
  #read = 0
  #asked = 0

  constructor([keeper, answers]: readonly [number, number], log: string) {
    this.#keeper = keeper
    this.#answers = answers
    this.log = log
  }

  name(pid: number): void {
    this.ask(`pid ${pid} -`, 'the pid file')
  }

  create(path: string, mode: number | undefined): void {
    if (path !== this.log) throw refused('EACCES', path)
    this.ask(`create 0 ${modeText(mode)}`, path)
  }

  rotate(path: string, to: string, mode: number | undefined, file: { ino: number }): void {
    if (path !== this.log) throw refused('EACCES', path)
    this.ask(`rotate ${this.#numberOf(to)} ${modeText(mode)} ${file.ino}`, to)
  }

  remove(path: string): void {
    this.ask(`remove ${this.#numberOf(path)} -`, path)
  }

  #numberOf(path: string): string {
    const number = path.slice(this.log.length + 1)
    if (path !== `${this.log}.${number}`) throw refused('EACCES', path)
    return number
  }

  /** Waits where it stands, as any call to the file system does. */
  protected ask(line: string, path: string): void {
    this.#asked += 1
    const asker = `${process.pid}.${this.#asked}`
    // What was answered before is not for this question.
    this.#read = fstatSync(this.#answers).size
    try {
      writeSync(this.#keeper, `${asker} ${line}\n`)
    } catch {
      throw refused('ESRCH', path)
    }
    const until = Date.now() + PATIENCE
    let answer = this.#nextAnswer(until)
    // Others have theirs in the same file, and a late one may be there still.
    while (answer !== '' && !answer.startsWith(`${asker} `)) answer = this.#nextAnswer(until)
    const code = CODES[answer.slice(asker.length + 1)] ?? 'EACCES'
    if (code !== '') throw refused(code, path)
  }

  /** The next line that the keeper has answered; an empty one if it takes too long. */
  #nextAnswer(until: number): string {
    const sleeper = new Int32Array(new SharedArrayBuffer(4))
    const bytes = Buffer.alloc(64)
    for (;;) {
      const length = readSync(this.#answers, bytes, 0, bytes.length, this.#read)
      const end = bytes.subarray(0, length).indexOf('\n')
      if (end >= 0) {
        this.#read += end + 1
        return bytes.toString('utf8', 0, end)
      }
      if (Date.now() > until) return ''
      Atomics.wait(sleeper, 0, 0, PAUSE)
    }
  }
}

const CODES: { readonly [answer: string]: string } = { ok: '', exists: 'EEXIST', stale: 'ESTALE' }

/** A directory that the daemon can't reach any more, where it writes a file it has open. */
class OutsideDirectory extends KeptDirectory {
  copy({ ino }: { ino: number }, maxFiles: number): void {
    this.ask(`copy ${maxFiles} - ${ino}`, this.log)
  }
}

function modeText(mode: number | undefined): string {
  return mode === undefined ? '-' : mode.toString(8)
}

function refused(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: the keeper could not change ${path}`), { code, path })
}
