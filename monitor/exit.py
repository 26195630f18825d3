"""Exit codes that scripts rely on (sysexits.h); ``tickwall check`` alone has its own."""

OK = 0
FAULT = 1
USAGE = 64
BAD_INPUT = 65
NO_ANSWER = 69
TRY_LATER = 75
BAD_CONFIG = 78
