/* A control: every sync says that it is done, and none is. What the relay acknowledges is not durable then, and whoever
 * looks for lost acknowledgements has to find them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

int fsync(int fd) {
    (void)fd;
    return 0;
}

int fdatasync(int fd) {
    (void)fd;
    return 0;
}

#define OPEN(symbol)                                                                                                   \
    int symbol(const char *path, int flags, ...) {                                                                     \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;                                                    \
        va_end(rest);                                                                                                  \
        return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #symbol))(path, flags & ~(O_DSYNC | O_SYNC), mode);  \
    }
OPEN(open)
OPEN(open64)
