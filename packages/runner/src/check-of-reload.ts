/**
 * The variable that tells the check of a reload, which is of the application only. What
 * is outside it, pid file, root and user, a successor has from the daemon, which may have
 * lost the right to any other; the log it tries itself before anything is changed.
 */
export const OF_RELOAD = 'RUNNER_CHECK_OF_RELOAD'
