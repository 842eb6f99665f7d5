"""What the writer thread asks of the system."""

from libc.stdint cimport int64_t, uint64_t
from posix.types cimport off_t

cdef extern from "<pthread.h>" nogil:
    ctypedef unsigned long pthread_t
    int pthread_create(pthread_t* thread, const void* attributes, void* (*run)(void*) noexcept nogil, void* argument)
    int pthread_join(pthread_t thread, void** result)
    int pthread_getschedparam(pthread_t thread, int* policy, sched_param* param)
    int pthread_setschedparam(pthread_t thread, int policy, const sched_param* param)

cdef extern from "<sched.h>" nogil:
    struct sched_param:
        int sched_priority
    enum:
        SCHED_FIFO
        SCHED_RR

cdef extern from "<signal.h>" nogil:
    ctypedef struct sigset_t:
        pass
    enum:
        SIG_SETMASK
    int sigfillset(sigset_t* signals)
    int pthread_sigmask(int how, const sigset_t* new, sigset_t* old)

cdef extern from "<poll.h>" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    enum:
        POLLIN
    int poll(pollfd* fds, unsigned long count, int timeout_ms)

cdef extern from "<sys/eventfd.h>" nogil:
    enum:
        EFD_CLOEXEC
        EFD_NONBLOCK
    int eventfd(unsigned int initial, int flags)

cdef extern from "<unistd.h>" nogil:
    ssize_t pwrite(int fd, const void* data, size_t size, off_t offset)
    ssize_t write(int fd, const void* data, size_t size)
    ssize_t read(int fd, void* data, size_t size)
    int fdatasync(int fd)
    int close(int fd)
    int getpid()
    int usleep(unsigned int microseconds)

cdef extern from *:
    """
    #include <sys/prctl.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    #define own_thread_id() ((int) syscall(SYS_gettid))
    #define name_own_thread(name) ((void) prctl(PR_SET_NAME, name))
    """
    int own_thread_id() noexcept nogil
    void name_own_thread(const char* name) noexcept nogil      # at most 15 characters

cdef extern from *:
    """
    #define load_u64(at) __atomic_load_n(at, __ATOMIC_SEQ_CST)
    #define store_u64(at, value) __atomic_store_n(at, value, __ATOMIC_SEQ_CST)
    #define load_int(at) __atomic_load_n(at, __ATOMIC_SEQ_CST)
    #define store_int(at, value) __atomic_store_n(at, value, __ATOMIC_SEQ_CST)
    """
    uint64_t load_u64(const uint64_t* at) noexcept nogil
    void store_u64(uint64_t* at, uint64_t value) noexcept nogil
    int load_int(const int* at) noexcept nogil
    void store_int(int* at, int value) noexcept nogil

ctypedef ssize_t (*pwrite_t)(int fd, const void* data, size_t size, off_t offset) noexcept nogil
ctypedef int (*fdatasync_t)(int fd) noexcept nogil

cdef struct FileOps:                # the two calls that can lose data
    pwrite_t pwrite
    fdatasync_t fdatasync
