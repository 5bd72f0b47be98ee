/** What is made anew in the image, belongs to this machine, or is nobody's business there. */
const USUAL = [
  '.git',
  '**/node_modules',
  '**/.dropin.json',
  '**/dropin.cache',
  '**/*.log',
  '**/*.pid',
  '**/*.sock',
  '**/.env*',
  'Dockerfile',
  '.dockerignore',
  'compose.yaml',
]

/**
 * The text of a `.dockerignore`.
 *
 * @param secret paths in the project that an image must not have
 */
export function dockerIgnore(secret: readonly string[]): string {
  return [...USUAL, ...secret.map(patternOf)].map((line) => `${line}\n`).join('')
}

/** Any one character stands for each that means something there, or that would be trimmed. */
function patternOf(path: string): string {
  return path.replace(/[#!*[\]\\\s]/g, '?')
}
