"""A disk and a clock that a test holds in its hand, under the real binary: a library that is loaded before libc's.

The venue's process calls the system through it.  What it does to the calls stands in a small file that both have mapped, so a test turns a
fault on at the moment it wants, and sees how often something was called.  It needs nothing but the compiler that built the engine.

Calls on regular files only: writes (write, pwrite), syncs (fsync, fdatasync), and room (posix_fallocate).  Each can pass, fail with an
errno from the n-th call on, be cut short, or take a while.  CLOCK_REALTIME runs `clock` nanoseconds off.
"""

import mmap
import os
import struct
import subprocess
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct rule { volatile int64_t passes, error, cut, delay_us, calls; };
static struct control { struct rule write, sync, room; volatile int64_t clock_ns, direct_error, held; } none, *control = &none;

__attribute__((constructor)) static void map(void)
{
    int fd = open(getenv("ATS_SHIM") ? getenv("ATS_SHIM") : "/dev/null", O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    if (at != MAP_FAILED) control = at;
}

static int64_t ruled(struct rule *rule, int fd, int64_t size)
{
    struct stat found;
    if (control == &none || fd <= STDERR_FILENO || fstat(fd, &found) || !S_ISREG(found.st_mode)) return size;
    __atomic_add_fetch(&rule->calls, 1, __ATOMIC_SEQ_CST);
    while (control->held) usleep(1000);
    if (rule->delay_us) usleep(rule->delay_us);
    if (!rule->error && !rule->cut) return size;
    if (__atomic_sub_fetch(&rule->passes, 1, __ATOMIC_SEQ_CST) >= 0) return size;
    if (rule->cut) return rule->cut < size ? rule->cut : size;
    errno = rule->error;
    return -1;
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    int64_t allowed = ruled(&control->write, fd, size);
    return allowed < 0 ? -1 : real(fd, data, allowed);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    int64_t allowed = ruled(&control->write, fd, size);
    return allowed < 0 ? -1 : real(fd, data, allowed, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) { return pwrite(fd, data, size, offset); }

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int);
    return ruled(&control->sync, fd, 0) < 0 ? -1 : real(fd);
}

int fsync(int fd)
{
    REAL(int, "fsync", int);
    return ruled(&control->sync, fd, 0) < 0 ? -1 : real(fd);
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
    REAL(int, "posix_fallocate", int, off_t, off_t);
    return ruled(&control->room, fd, 0) < 0 ? errno : real(fd, offset, size);
}

int posix_fallocate64(int fd, off_t offset, off_t size) { return posix_fallocate(fd, offset, size); }

int open(const char *path, int flags, ...)
{
    REAL(int, "open", const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (control->direct_error && flags & O_DIRECT) { errno = control->direct_error; return -1; }
    return real(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open(path, flags, mode);
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    int failed = real(which, now);
    if (!failed && which == CLOCK_REALTIME && control->clock_ns) {
        int64_t ns = now->tv_sec * 1000000000LL + now->tv_nsec + control->clock_ns;
        now->tv_sec = ns / 1000000000LL;
        now->tv_nsec = ns % 1000000000LL;
    }
    return failed;
}
"""

SIZE = 4096
CLOCK, DIRECT, HELD = 15, 16, 17


class Shim:
    """What a venue's process is to meet; `env` is for its environment."""

    def __init__(self, folder: Path) -> None:
        library, control = folder / "shim.so", folder / "shim.control"
        if not library.exists():
            source = folder / "shim.c"
            source.write_text(SOURCE)
            cc = os.environ.get("CC", "cc").split()
            subprocess.run([*cc, "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        control.write_bytes(bytes(SIZE))
        with control.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)
        self.env = {"LD_PRELOAD": str(library), "ATS_SHIM": str(control)}
        self.write, self.sync, self.room = (Rule(self._map, 5 * number) for number in range(3))

    def clear(self) -> None:
        """Let everything pass again."""
        self._map[:] = bytes(SIZE)

    def set_clock(self, off_ns: int) -> None:
        """Let the time of day be so far from the machine's."""
        _put(self._map, CLOCK, off_ns)

    def refuse_direct(self, error: int) -> None:
        """Refuse to open files past the system's cache, as some file systems do."""
        _put(self._map, DIRECT, error)

    def hold(self, on: bool) -> None:
        """Let no call on a file come back, or let them all go on."""
        _put(self._map, HELD, int(on))


class Rule:
    """What happens to one kind of call."""

    def __init__(self, shared: mmap.mmap, place: int) -> None:
        self._map, self._place = shared, place

    @property
    def calls(self) -> int:
        """How many there were."""
        return int(struct.unpack_from("<q", self._map, 8 * (self._place + 4))[0])

    def fail(self, error: int, after: int = 0) -> None:
        """Let all calls behind the next `after` fail."""
        _put(self._map, self._place, after)
        _put(self._map, self._place + 1, error)

    def cut(self, size: int, after: int = 0) -> None:
        """Let all calls behind the next `after` do no more than `size` bytes."""
        _put(self._map, self._place, after)
        _put(self._map, self._place + 2, size)

    def delay(self, us: int) -> None:
        """Let each take so long."""
        _put(self._map, self._place + 3, us)


def _put(shared: mmap.mmap, place: int, value: int) -> None:
    struct.pack_into("<q", shared, 8 * place, value)
