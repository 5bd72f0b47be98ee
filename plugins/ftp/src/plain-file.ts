/** A file that is open to be read. */
export interface PlainFile {
  readonly descriptor: number
  /** In bytes, as it was when it was opened. */
  readonly size: number
  close(): Promise<void>
}
