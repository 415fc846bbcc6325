#include <lmdb.h>

/* LMDB puts the items of a page one below the other: whoever walks forwards needs what lies below next. Fetches that many
   bytes below `address` into the caches; touches nothing, so any address will do. */
static inline void ringdown_prefetch_below(const void *address, long bytes) {
    for (long offset = 64; offset <= bytes; offset += 64) __builtin_prefetch((const char *)address - offset);
}
