/* Where counting begins and ends: requests to valgrind, which are nothing where a program runs without it. */
#include <valgrind/callgrind.h>

void begin(void) { CALLGRIND_START_INSTRUMENTATION; }

void end(void) { CALLGRIND_STOP_INSTRUMENTATION; }
