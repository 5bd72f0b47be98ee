import { cannotExport, malformed, refuseUser } from '../export/cannot-export.ts'
import type { ContainerValues } from './container-options.ts'
import { SECRETS } from './secret-files.ts'

/** The greatest number of a user that Docker and Kubernetes know. */
const LAST_USER = 2 ** 31 - 1

/** Part of a name is lower case, and has its signs between its letters. */
const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const HOST = '(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9-]+)*|\\[[0-9a-fA-F:]+\\])'
const TAG = '(?::\\w[\\w.-]{0,127})?'
const DIGEST = '(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?'
const IMAGE = new RegExp(`^(?:${HOST}(?::\\d+)?/)?${PART}(?:/${PART})*${TAG}${DIGEST}$`)

/**
 * The name of the image of a run.
 *
 * @param given what `--image` says
 * @throws UsageError for what no image is called
 */
export function imageFor(engine: string, name: string, given: string | undefined): string {
  if (given !== undefined) return refuseImage(engine, 'image', given)
  if (isImage(name)) return name
  const hint = '--image before the dashes gives it another, --name gives both one'
  throw cannotExport(engine, `no image is called ${name}`, hint)
}

/** @throws UsageError for what no image is called */
export function refuseImage(engine: string, option: string, image: string): string {
  if (isImage(image)) return image
  throw malformed(engine, option, 'the name of an image, in lower case', image)
}

/** @throws UsageError for what no container can have */
export function refuseContainerValues(
  engine: string,
  user: string | undefined,
  { writable = [] }: ContainerValues,
): void {
  refuseUser(engine, user, LAST_USER)
  const bad = writable.find((dir, index) => !isPlace(dir) || writable.indexOf(dir) !== index)
  if (bad === undefined) return
  const need = 'another directory of the container each time, from its root and without colons'
  throw malformed(engine, 'writable', need, bad)
}

function isPlace(dir: string): boolean {
  return /^\/[^:]*[^/:][^:]*$/.test(dir) && dir !== SECRETS
}

/** Docker looks at the length without the tag. */
function isImage(image: string): boolean {
  return image.length <= 255 && IMAGE.test(image)
}
