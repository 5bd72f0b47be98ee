/** Where an image has the project, which is what relative paths of a run are meant from. */
export const APP = '/app'

/** Who runs it where nobody says: a number without an entry in any file of users. */
export const USER = '10001:10001'

/**
 * The command, from {@link APP}: its file and not its link in `node_modules/.bin`, which
 * pnpm writes for a shell, and not every image has one.
 */
export const RUNNER: readonly string[] = ['node', 'node_modules/runnerd/bundle/main.js']
