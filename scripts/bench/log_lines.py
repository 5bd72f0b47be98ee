# Usage: log_lines.py FILE LINES: as log-lines.mjs, by Twisted's own log.
import sys
import time

from twisted.python import log, logfile

path, lines = sys.argv[1], int(sys.argv[2])
log.startLogging(logfile.LogFile.fromFullPath(path), setStdout=False)
began = time.perf_counter()
for index in range(lines):
    log.msg("line %d of a poem that is sent to whoever asks for it, again and again" % index)
print(round(lines / (time.perf_counter() - began)))
