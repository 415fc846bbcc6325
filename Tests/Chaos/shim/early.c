/* A control: a commit says that it is done before it is, so that the relay speaks before its words are in the log. It is
 * carried out when the same thread begins the next transaction; a process that dies before has lied. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <lmdb.h>
#include <stddef.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
/* The first transactions make the log, its keys and its members, and are handed from thread to thread. */
#define HONEST_COMMITS 64

/* A write transaction belongs to its thread. */
static __thread MDB_txn *writing, *put_off;
static int commits;

static void carry_out(void) {
    MDB_txn *transaction = put_off;
    put_off = NULL;
    if (transaction != NULL)
        (void)NEXT(mdb_txn_commit)(transaction);
}

int mdb_txn_begin(MDB_env *environment, MDB_txn *parent, unsigned int flags, MDB_txn **transaction) {
    carry_out();
    int code = NEXT(mdb_txn_begin)(environment, parent, flags, transaction);
    if (code == 0 && !(flags & MDB_RDONLY))
        writing = *transaction;
    return code;
}

int mdb_txn_commit(MDB_txn *transaction) {
    if (transaction != writing || __atomic_add_fetch(&commits, 1, __ATOMIC_RELAXED) <= HONEST_COMMITS)
        return NEXT(mdb_txn_commit)(transaction);
    writing = NULL;
    put_off = transaction;
    return MDB_SUCCESS;
}

int mdb_txn_renew(MDB_txn *transaction) {
    carry_out();
    return NEXT(mdb_txn_renew)(transaction);
}

int mdb_env_set_mapsize(MDB_env *environment, size_t size) {
    carry_out();
    return NEXT(mdb_env_set_mapsize)(environment, size);
}
