/**
 * @throws TypeError if it is not a number; RangeError with Node's code
 * ERR_SOCKET_BAD_PORT if it is not an integer from 0 to 65535
 *
 * @internal
 */
export function checkPort(port: number): void {
  if (typeof port !== 'number') throw new TypeError(`The port must be a number, not '${port}'`)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return
  const message = `The port must be an integer from 0 to 65535, not ${port}`
  throw Object.assign(new RangeError(message), { code: 'ERR_SOCKET_BAD_PORT' })
}
