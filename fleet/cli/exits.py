"""The exit codes of the command line: those of sysexits, as for every process."""

DONE = 0
# Something that was named one by one stayed as it was.
LEFT = 1
USAGE = 64
DATA = 65
NOT_FOUND = 66
UNAVAILABLE = 69
SOFTWARE = 70
CONFIG = 78
INTERRUPTED = 130
