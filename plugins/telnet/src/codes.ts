/** The commands of telnet (RFC 854); the first three are of RFC 1184. */
export const EOF = 236
export const ABORT = 238
export const SE = 240
export const DATA_MARK = 242
export const BREAK = 243
export const INTERRUPT_PROCESS = 244
export const ARE_YOU_THERE = 246
export const ERASE_CHARACTER = 247
export const ERASE_LINE = 248
export const SB = 250
export const WILL = 251
export const WONT = 252
export const DO = 253
export const DONT = 254
export const IAC = 255

/** Below it nothing is a command. */
export const FIRST_COMMAND = EOF

/** What one side says of an option (RFC 855). */
export type Verb = typeof WILL | typeof WONT | typeof DO | typeof DONT

/** Options: RFC 856, 857, 858, 1091 and 1073. */
export const BINARY = 0
export const ECHO = 1
export const SUPPRESS_GO_AHEAD = 3
export const TERMINAL_TYPE = 24
export const WINDOW_SIZE = 31

/** Of a subnegotiation about the terminal's type (RFC 1091). */
export const IS = 0
export const SEND = 1
