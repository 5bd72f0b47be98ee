/** Seconds from 1900, where RFC 868 begins, to 1970. */
const TO_1970 = 2_208_988_800

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The time as ctime(3) writes it, which is what daytime says (RFC 867). */
export function daytime(now: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = `${DAYS[now.getDay()]} ${MONTHS[now.getMonth()]} ${String(now.getDate()).padStart(2)}`
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':')
  return `${day} ${time} ${now.getFullYear()}\r\n`
}

/** The seconds since 1900 in 32 bits, which begin again in 2036 (RFC 868). */
export function time(now: Date): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE((Math.floor(now.getTime() / 1000) + TO_1970) % 2 ** 32)
  return bytes
}
