/* Records everything that a process does to the files of one directory, in the order in which it could matter to a disk.
 *
 *   LD_PRELOAD=recorder.so CHAOS_RECORD_DIR=/abs/dir CHAOS_RECORD_TO=/abs/file ringdown-relay run ...
 *
 * A write is recorded before it is done, because from then on any part of it may be on the disk; a sync after it has
 * returned, because only then all before it must be. Operations on the directory go one at a time, so that a sync covers
 * exactly the writes recorded before it. Several processes may append to one recording, and so may whoever watches:
 * each record is one append. What is written through a map is not seen; the log writes none of its pages that way.
 *
 * A record: kind u8, 7 zero bytes, inode u64, offset u64, length u64 (host byte order), then `length` bytes.
 *   C file made (name)      W bytes written at offset      T length set to offset     S file synced
 *   D the last write of this file is durable (O_DSYNC)     K directory made (name)    Y directory synced (name)
 *   R renamed (old NUL new) L linked (old NUL new)         U unlinked (name)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAXIMUM_FILES 65536
#define NEXT(name) ((__typeof__(&name))next(#name))

enum { FOREIGN, PLAIN, DSYNC, DIRECTORY };

struct record {
    uint8_t kind, zero[7];
    uint64_t inode, offset, length;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static uint8_t files[MAXIMUM_FILES];
static const char *root;
static size_t root_length;
static int output = -1;

static void *next(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

static __attribute__((constructor)) void start(void) {
    const char *path = getenv("CHAOS_RECORD_TO");
    root = getenv("CHAOS_RECORD_DIR");
    if (root == NULL || path == NULL)
        return;
    root_length = strlen(root);
    output = NEXT(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0)
        abort();
}

static void append(char kind, uint64_t inode, uint64_t offset, const void *bytes, size_t length) {
    struct record record = {.kind = (uint8_t)kind, .inode = inode, .offset = offset, .length = length};
    union {
        const void *in;
        void *out;
    } payload = {bytes};
    struct iovec parts[2] = {{&record, sizeof record}, {payload.out, length}};
    /* A recording with a hole would prove anything. */
    if (NEXT(writev)(output, parts, 2) != (ssize_t)(sizeof record + length))
        abort();
}

/* The name inside of the directory, "" for the directory itself; NULL for anything else. */
static const char *inside(const char *path) {
    if (output < 0 || path == NULL || strncmp(path, root, root_length) != 0)
        return NULL;
    if (path[root_length] == '\0')
        return path + root_length;
    return path[root_length] == '/' ? path + root_length + 1 : NULL;
}

static int kind_of(int fd) {
    return output >= 0 && fd >= 0 && fd < MAXIMUM_FILES ? files[fd] : FOREIGN;
}

static uint64_t inode_of(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

static void opened(int fd, const char *name, int flags, int existed) {
    struct stat status;
    if (fd < 0 || fd >= MAXIMUM_FILES || fstat(fd, &status) != 0)
        return;
    if (S_ISDIR(status.st_mode)) {
        files[fd] = DIRECTORY;
        return;
    }
    if (!existed)
        append('C', status.st_ino, 0, name, strlen(name));
    else if (flags & O_TRUNC)
        append('T', status.st_ino, 0, NULL, 0);
    files[fd] = (flags & O_DSYNC) ? DSYNC : PLAIN;
}

static int do_open(const char *symbol, const char *path, int flags, mode_t mode) {
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))next(symbol);
    const char *name = inside(path);
    if (name == NULL)
        return real(path, flags, mode);
    pthread_mutex_lock(&turn);
    int existed = access(path, F_OK) == 0;
    int fd = real(path, flags, mode);
    int error = errno;
    opened(fd, name, flags, existed);
    pthread_mutex_unlock(&turn);
    errno = error;
    return fd;
}

#define OPEN(symbol)                                                                                                   \
    int symbol(const char *path, int flags, ...) {                                                                     \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;                                                    \
        va_end(rest);                                                                                                  \
        return do_open(#symbol, path, flags, mode);                                                                    \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(symbol, plain)                                                                                          \
    int symbol(int directory, const char *path, int flags, ...) {                                                      \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;                                                    \
        va_end(rest);                                                                                                  \
        if (inside(path) != NULL)                                                                                      \
            return do_open(#plain, path, flags, mode);                                                                 \
        return ((int (*)(int, const char *, int, ...))next(#symbol))(directory, path, flags, mode);                    \
    }
OPENAT(openat, open)
OPENAT(openat64, open64)

int close(int fd) {
    if (output >= 0 && fd == output) {
        errno = EBADF;
        return -1;
    }
    if (fd >= 0 && fd < MAXIMUM_FILES)
        files[fd] = FOREIGN;
    return NEXT(close)(fd);
}

static off_t place(int fd) {
    struct stat status;
    if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &status) == 0)
        return status.st_size;
    return lseek(fd, 0, SEEK_CUR);
}

static void writing(int fd, const struct iovec *parts, int count, off_t offset) {
    uint64_t inode = inode_of(fd);
    size_t length = 0;
    for (int i = 0; i < count; i++)
        length += parts[i].iov_len;
    char *bytes = malloc(length + 1);
    if (bytes == NULL)
        abort();
    size_t done = 0;
    for (int i = 0; i < count; done += parts[i].iov_len, i++)
        memcpy(bytes + done, parts[i].iov_base, parts[i].iov_len);
    append('W', inode, (uint64_t)offset, bytes, length);
    free(bytes);
}

static ssize_t written(int fd, ssize_t result) {
    int error = errno;
    if (result > 0 && files[fd] == DSYNC)
        append('D', inode_of(fd), 0, NULL, 0);
    pthread_mutex_unlock(&turn);
    errno = error;
    return result;
}

/* The four ways to write, each recorded before it is done. */
#define RECORDED(fd, parts, count, offset, call)                                                                       \
    if (kind_of(fd) == FOREIGN)                                                                                        \
        return call;                                                                                                   \
    pthread_mutex_lock(&turn);                                                                                         \
    writing(fd, parts, count, offset);                                                                                 \
    return written(fd, call)

ssize_t write(int fd, const void *bytes, size_t length) {
    union {
        const void *in;
        void *out;
    } payload = {bytes};
    struct iovec part = {payload.out, length};
    RECORDED(fd, &part, 1, place(fd), NEXT(write)(fd, bytes, length));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    RECORDED(fd, parts, count, place(fd), NEXT(writev)(fd, parts, count));
}

#define PWRITE(symbol, offset_type)                                                                                    \
    ssize_t symbol(int fd, const void *bytes, size_t length, offset_type offset) {                                     \
        union {                                                                                                        \
            const void *in;                                                                                            \
            void *out;                                                                                                 \
        } payload = {bytes};                                                                                           \
        struct iovec part = {payload.out, length};                                                                     \
        RECORDED(fd, &part, 1, offset, NEXT(symbol)(fd, bytes, length, offset));                                       \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PWRITEV(symbol, offset_type)                                                                                   \
    ssize_t symbol(int fd, const struct iovec *parts, int count, offset_type offset) {                                 \
        RECORDED(fd, parts, count, offset, NEXT(symbol)(fd, parts, count, offset));                                    \
    }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define TRUNCATE(symbol, offset_type)                                                                                  \
    int symbol(int fd, offset_type length) {                                                                           \
        if (kind_of(fd) == FOREIGN)                                                                                    \
            return NEXT(symbol)(fd, length);                                                                           \
        pthread_mutex_lock(&turn);                                                                                     \
        append('T', inode_of(fd), (uint64_t)length, NULL, 0);                                                          \
        int result = NEXT(symbol)(fd, length);                                                                         \
        pthread_mutex_unlock(&turn);                                                                                   \
        return result;                                                                                                 \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

static int synced(int fd, int (*real)(int)) {
    int kind = kind_of(fd);
    if (kind == FOREIGN)
        return real(fd);
    pthread_mutex_lock(&turn);
    int result = real(fd);
    int error = errno;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = kind == DIRECTORY ? readlink(link, path, sizeof path - 1) : 0;
    path[length > 0 ? length : 0] = '\0';
    const char *name = inside(path);
    if (result == 0 && kind != DIRECTORY)
        append('S', inode_of(fd), 0, NULL, 0);
    else if (result == 0 && name != NULL)
        append('Y', 0, 0, name, strlen(name));
    pthread_mutex_unlock(&turn);
    errno = error;
    return result;
}

int fsync(int fd) {
    return synced(fd, NEXT(fsync));
}

int fdatasync(int fd) {
    return synced(fd, NEXT(fdatasync));
}

/* Two names: recorded once it is done, as below. */
#define NAMED_TWICE(kind, old, new, call)                                                                              \
    const char *from = inside(old), *to = inside(new);                                                                 \
    if (from == NULL || to == NULL)                                                                                    \
        return call;                                                                                                   \
    char names[8192];                                                                                                  \
    int length = snprintf(names, sizeof names, "%s%c%s", from, 0, to);                                                 \
    pthread_mutex_lock(&turn);                                                                                         \
    int result = call;                                                                                                 \
    int error = errno;                                                                                                 \
    if (result == 0)                                                                                                   \
        append(kind, 0, 0, names, (size_t)length);                                                                     \
    pthread_mutex_unlock(&turn);                                                                                       \
    errno = error;                                                                                                     \
    return result

int rename(const char *old, const char *new) {
    NAMED_TWICE('R', old, new, NEXT(rename)(old, new));
}

int link(const char *old, const char *new) {
    NAMED_TWICE('L', old, new, NEXT(link)(old, new));
}

/* Making and removing names: recorded once they are done, which nobody else sees happen. */
#define NAMED(kind, path, call)                                                                                        \
    const char *name = inside(path);                                                                                   \
    if (name == NULL)                                                                                                  \
        return call;                                                                                                   \
    pthread_mutex_lock(&turn);                                                                                         \
    int result = call;                                                                                                 \
    int error = errno;                                                                                                 \
    if (result == 0)                                                                                                   \
        append(kind, 0, 0, name, strlen(name));                                                                        \
    pthread_mutex_unlock(&turn);                                                                                       \
    errno = error;                                                                                                     \
    return result

int unlink(const char *path) {
    NAMED('U', path, NEXT(unlink)(path));
}

int rmdir(const char *path) {
    NAMED('U', path, NEXT(rmdir)(path));
}

int mkdir(const char *path, mode_t mode) {
    NAMED('K', path, NEXT(mkdir)(path, mode));
}
