/* A control: a commit of the sequencer says that it is done before it is, so that the relay speaks before its words are
 * in the log. It is carried out when the same thread begins the next transaction, a moment later than that; a process
 * that dies before has lied. The moment is long beside a commit, so that nearly every kill under load finds it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <lmdb.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define MOMENT_NANOSECONDS 5000000

/* A write transaction belongs to its thread. */
static __thread MDB_txn *writing, *put_off;

/* What other threads write, at a start, they hand to one another, and is committed as it says. */
static int is_sequencer(void) {
    char name[16] = "";
    return pthread_getname_np(pthread_self(), name, sizeof name) == 0 && strcmp(name, "sequencer") == 0;
}

static void carry_out(void) {
    MDB_txn *transaction = put_off;
    if (transaction == NULL)
        return;
    put_off = NULL;
    (void)nanosleep(&(struct timespec){.tv_nsec = MOMENT_NANOSECONDS}, NULL);
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
    if (transaction != writing || !is_sequencer())
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
