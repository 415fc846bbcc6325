/* Makes chosen calls on files below one directory fail, as a bad disk would. For LD_PRELOAD.
 *
 *   FAULTS_DIR      only files whose path begins with this
 *   FAULTS_CONTROL  a file with one line "KIND N COUNT ERRNO MODE": of the calls of KIND (write sync open truncate read
 *                   map any) the N-th, counted from 1 since the line was read, and COUNT-1 after it (0: all) fail with
 *                   ERRNO. MODE is fail, short (half is written, then it fails) or lie (nothing is written, success is
 *                   reported). The file is read again whenever it changes; without it nothing fails.
 *
 * Beside the control file stands "<control>.count", rewritten after each counted call: "TOTAL FAILED".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { MODE_FAIL, MODE_SHORT, MODE_LIE };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct timespec read_at;
static ino_t read_inode;
static char kind[16];
static long first, count, total, failed;
static int code;
static enum mode mode;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The plain system calls, so that nothing of the shim is counted. */
static long raw_open(const char *path, int flags, int permissions) {
    return syscall(SYS_openat, AT_FDCWD, path, flags, permissions);
}

static void note_counts(const char *control) {
    char path[PATH_MAX], text[64];
    snprintf(path, sizeof path, "%s.count", control);
    long descriptor = raw_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return;
    int length = snprintf(text, sizeof text, "%10ld %10ld\n", total, failed);
    syscall(SYS_pwrite64, descriptor, text, (size_t)length, 0L);
    syscall(SYS_close, descriptor);
}

static void read_control(const char *control) {
    struct stat status;
    if (syscall(SYS_newfstatat, AT_FDCWD, control, &status, 0) != 0) {
        kind[0] = 0;
        read_inode = 0;
        return;
    }
    if (status.st_ino == read_inode && status.st_mtim.tv_sec == read_at.tv_sec
        && status.st_mtim.tv_nsec == read_at.tv_nsec)
        return;
    long descriptor = raw_open(control, O_RDONLY | O_CLOEXEC, 0);
    if (descriptor < 0) return;
    char text[128] = {0}, word[16] = "fail";
    long length = syscall(SYS_read, descriptor, text, sizeof text - 1);
    syscall(SYS_close, descriptor);
    kind[0] = 0;
    total = failed = 0;
    read_inode = status.st_ino;
    read_at = status.st_mtim;
    if (length <= 0 || sscanf(text, "%15s %ld %ld %d %15s", kind, &first, &count, &code, word) < 4) {
        kind[0] = 0;
        return;
    }
    mode = strcmp(word, "short") == 0 ? MODE_SHORT : strcmp(word, "lie") == 0 ? MODE_LIE : MODE_FAIL;
}

static int is_ours(const char *path) {
    const char *directory = getenv("FAULTS_DIR");
    if (!directory || !*directory) return 0;
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int is_ours_open(int descriptor) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

/* Whether this call is to fail, and how. */
static int strikes(const char *called, enum mode *how) {
    const char *control = getenv("FAULTS_CONTROL");
    if (!control) return 0;
    pthread_mutex_lock(&lock);
    read_control(control);
    int hit = 0;
    if (kind[0] && (strcmp(kind, called) == 0 || strcmp(kind, "any") == 0)) {
        total++;
        hit = total >= first && (count == 0 || total < first + count);
        failed += hit;
        note_counts(control);
    }
    *how = mode;
    int error = code;
    pthread_mutex_unlock(&lock);
    if (hit) errno = error;
    return hit;
}

static int strikes_open(int descriptor, const char *called, enum mode *how) {
    int before = errno;
    if (!is_ours_open(descriptor)) {
        errno = before;
        return 0;
    }
    if (strikes(called, how)) return 1;
    errno = before;
    return 0;
}

/* Writes */

ssize_t write(int descriptor, const void *bytes, size_t size) {
    enum mode how;
    if (!strikes_open(descriptor, "write", &how)) return REAL(write)(descriptor, bytes, size);
    if (how == MODE_LIE) return (ssize_t)size;
    return how == MODE_SHORT && size > 1 ? REAL(write)(descriptor, bytes, size / 2) : -1;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    enum mode how;
    if (!strikes_open(descriptor, "write", &how)) return REAL(pwrite)(descriptor, bytes, size, offset);
    if (how == MODE_LIE) return (ssize_t)size;
    return how == MODE_SHORT && size > 1 ? REAL(pwrite)(descriptor, bytes, size / 2, offset) : -1;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    return pwrite(descriptor, bytes, size, offset);
}

static size_t total_of(const struct iovec *parts, int number) {
    size_t size = 0;
    for (int i = 0; i < number; i++) size += parts[i].iov_len;
    return size;
}

ssize_t writev(int descriptor, const struct iovec *parts, int number) {
    enum mode how;
    if (!strikes_open(descriptor, "write", &how)) return REAL(writev)(descriptor, parts, number);
    if (how == MODE_LIE) return (ssize_t)total_of(parts, number);
    return how == MODE_SHORT ? REAL(write)(descriptor, parts[0].iov_base, parts[0].iov_len / 2) : -1;
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int number, off_t offset) {
    enum mode how;
    if (!strikes_open(descriptor, "write", &how)) return REAL(pwritev)(descriptor, parts, number, offset);
    if (how == MODE_LIE) return (ssize_t)total_of(parts, number);
    return how == MODE_SHORT ? REAL(pwrite)(descriptor, parts[0].iov_base, parts[0].iov_len / 2, offset) : -1;
}

ssize_t pwritev64(int descriptor, const struct iovec *parts, int number, off64_t offset) {
    return pwritev(descriptor, parts, number, offset);
}

/* Syncs */

int fsync(int descriptor) {
    enum mode how;
    if (!strikes_open(descriptor, "sync", &how)) return REAL(fsync)(descriptor);
    return how == MODE_LIE ? 0 : -1;
}

int fdatasync(int descriptor) {
    enum mode how;
    if (!strikes_open(descriptor, "sync", &how)) return REAL(fdatasync)(descriptor);
    return how == MODE_LIE ? 0 : -1;
}

int msync(void *address, size_t size, int flags) {
    enum mode how;
    if (!strikes("msync", &how)) return REAL(msync)(address, size, flags);
    return how == MODE_LIE ? 0 : -1;
}

/* Opens, renames and truncations */

static int open_as(const char *path, int flags, int permissions, long directory) {
    enum mode how;
    if (is_ours(path) && strikes("open", &how)) return -1;
    return (int)syscall(SYS_openat, directory, path, flags | O_LARGEFILE, permissions);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int permissions = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
    va_end(rest);
    return open_as(path, flags, permissions, AT_FDCWD);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int permissions = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
    va_end(rest);
    return open_as(path, flags, permissions, AT_FDCWD);
}

int openat(int directory, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int permissions = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
    va_end(rest);
    return open_as(path, flags, permissions, directory);
}

int rename(const char *from, const char *to) {
    enum mode how;
    return is_ours(to) && strikes("open", &how) ? -1 : REAL(rename)(from, to);
}

int ftruncate(int descriptor, off_t size) {
    enum mode how;
    return strikes_open(descriptor, "truncate", &how) ? (how == MODE_LIE ? 0 : -1) : REAL(ftruncate)(descriptor, size);
}

int ftruncate64(int descriptor, off64_t size) { return ftruncate(descriptor, size); }

/* Reads */

ssize_t read(int descriptor, void *bytes, size_t size) {
    enum mode how;
    return strikes_open(descriptor, "read", &how) ? -1 : REAL(read)(descriptor, bytes, size);
}

ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset) {
    enum mode how;
    return strikes_open(descriptor, "read", &how) ? -1 : REAL(pread)(descriptor, bytes, size, offset);
}

ssize_t pread64(int descriptor, void *bytes, size_t size, off64_t offset) {
    return pread(descriptor, bytes, size, offset);
}

void *mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset) {
    enum mode how;
    if (descriptor >= 0 && strikes_open(descriptor, "map", &how)) return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, size, protection, flags, descriptor, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int descriptor, off64_t offset) {
    return mmap(address, size, protection, flags, descriptor, offset);
}
