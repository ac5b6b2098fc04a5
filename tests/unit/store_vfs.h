// A disk that can be broken: SQLite's files go through here once vfs_install() was called.
//
// Writes, syncs, truncations and deletions are counted; at the one that is chosen something
// happens: it fails once or from then on, the process is killed in the middle of it, or the
// power goes, which leaves of everything not yet synced a random part.

#pragma once

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite_api.h"

enum vfs_event { VFS_NOTHING, VFS_FAIL_ONCE, VFS_FAIL, VFS_KILL, VFS_POWER, VFS_FULL };

struct vfs_change {  // not yet synced
    sqlite3_int64 at, old_size;
    int n, old_n;             // n == 0: cut off at [at]
    char *bytes, *before;     // malloc
    struct vfs_change *next;  // older
};

struct vfs_file {
    sqlite3_file base;
    sqlite3_file *real;
    struct vfs_change *changes;
    struct vfs_file *next;  // all that are open
};

static struct {
    sqlite3_vfs vfs, *real;
    enum vfs_event event;
    int in;     // operations until it happens
    int code;   // what a failing operation returns
    int count;  // operations so far
    bool happened;
    const char *reserve;  // VFS_FULL: while this file is there, no file grows
    struct vfs_file *open;
} disk;

static void vfs_plan(enum vfs_event event, int in, int code)
{
    disk.event = event;
    disk.in = in;
    disk.code = code;
    disk.count = 0;
    disk.happened = false;
}

// ---- power

static void change_undo(struct vfs_file *f, const struct vfs_change *c)
{
    if (c->old_n)
        f->real->pMethods->xWrite(f->real, c->before, c->old_n, c->at);
    f->real->pMethods->xTruncate(f->real, c->old_size);
}

static void change_redo(struct vfs_file *f, const struct vfs_change *c)
{
    if (!c->n)
        f->real->pMethods->xTruncate(f->real, c->at);
    else  // torn somewhere in the middle, sometimes
        f->real->pMethods->xWrite(f->real, c->bytes, rand() % 3 ? c->n : 1 + rand() % c->n, c->at);
}

static void redo_some(struct vfs_file *f, const struct vfs_change *c)
{
    if (!c)
        return;
    redo_some(f, c->next);
    if (rand() % 2)
        change_redo(f, c);
}

static void cut_power(void)
{
    for (struct vfs_file *f = disk.open; f; f = f->next) {
        for (struct vfs_change *c = f->changes; c; c = c->next)
            change_undo(f, c);
        redo_some(f, f->changes);
    }
    kill(getpid(), SIGKILL);
}

static void note_change(struct vfs_file *f, sqlite3_int64 at, const void *bytes, int n)
{
    struct vfs_change *c = calloc(1, sizeof *c);

    *c = (struct vfs_change){ .at = at, .n = n, .next = f->changes };
    f->real->pMethods->xFileSize(f->real, &c->old_size);
    sqlite3_int64 end = n ? at + n : c->old_size;
    if (end > c->old_size)
        end = c->old_size;
    if (end > at) {
        c->old_n = (int)(end - at);
        c->before = malloc((size_t)c->old_n);
        f->real->pMethods->xRead(f->real, c->before, c->old_n, at);
    }
    if (n) {
        c->bytes = malloc((size_t)n);
        memcpy(c->bytes, bytes, (size_t)n);
    }
    f->changes = c;
}

static void forget_changes(struct vfs_file *f)
{
    while (f->changes) {
        struct vfs_change *c = f->changes;
        f->changes = c->next;
        free(c->bytes);
        free(c->before);
        free(c);
    }
}

// ---- what happens

// Whether this operation fails. [f] and what follows: a write, to be left half done.
static bool strike(struct vfs_file *f, const void *bytes, int n, sqlite3_int64 at)
{
    disk.count++;
    if (disk.event == VFS_NOTHING || disk.event == VFS_FULL || (disk.in && --disk.in))
        return false;
    disk.happened = true;
    if (disk.event == VFS_KILL) {
        if (n)
            f->real->pMethods->xWrite(f->real, bytes, n / 2, at);
        kill(getpid(), SIGKILL);
    }
    if (disk.event == VFS_POWER)
        cut_power();
    if (disk.event == VFS_FAIL_ONCE)
        disk.event = VFS_NOTHING;
    disk.in = 0;  // and every later one
    return true;
}

static bool is_full(struct vfs_file *f, int n, sqlite3_int64 at)
{
    sqlite3_int64 size = 0;

    if (disk.event != VFS_FULL || access(disk.reserve, F_OK) < 0)
        return false;
    f->real->pMethods->xFileSize(f->real, &size);
    disk.happened = disk.happened || at + n > size;
    return at + n > size;
}

// ---- a file

#define REAL (((struct vfs_file *)file)->real)

static int vfs_close(sqlite3_file *file)
{
    struct vfs_file **link = &disk.open;

    while (*link != (struct vfs_file *)file)
        link = &(*link)->next;
    *link = (*link)->next;
    forget_changes((struct vfs_file *)file);
    return REAL->pMethods->xClose(REAL);
}

static int vfs_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    return REAL->pMethods->xRead(REAL, to, n, at);
}

static int vfs_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    if (strike((struct vfs_file *)file, from, n, at))
        return disk.code;
    if (is_full((struct vfs_file *)file, n, at))
        return SQLITE_FULL;
    if (disk.event == VFS_POWER)
        note_change((struct vfs_file *)file, at, from, n);
    return REAL->pMethods->xWrite(REAL, from, n, at);
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (strike((struct vfs_file *)file, NULL, 0, 0))
        return disk.code;
    if (disk.event == VFS_POWER)
        note_change((struct vfs_file *)file, size, NULL, 0);
    return REAL->pMethods->xTruncate(REAL, size);
}

static int vfs_sync(sqlite3_file *file, int flags)
{
    if (strike((struct vfs_file *)file, NULL, 0, 0))
        return disk.code == SQLITE_IOERR_WRITE ? SQLITE_IOERR_FSYNC : disk.code;
    (void)flags;
    forget_changes((struct vfs_file *)file);
    return SQLITE_OK;  // this disk decides itself what is lost; the real one need not be asked
}

static int vfs_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return REAL->pMethods->xFileSize(REAL, size);
}

static int vfs_lock(sqlite3_file *file, int level)
{
    return REAL->pMethods->xLock(REAL, level);
}

static int vfs_unlock(sqlite3_file *file, int level)
{
    return REAL->pMethods->xUnlock(REAL, level);
}

static int vfs_reserved(sqlite3_file *file, int *out)
{
    return REAL->pMethods->xCheckReservedLock(REAL, out);
}

static int vfs_control(sqlite3_file *file, int op, void *arg)
{
    return REAL->pMethods->xFileControl(REAL, op, arg);
}

static int vfs_sector(sqlite3_file *file)
{
    return REAL->pMethods->xSectorSize(REAL);
}

static int vfs_traits(sqlite3_file *file)
{
    (void)file;
    return 0;  // nothing is promised: no safe append, no atomic sector
}

static int vfs_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **to)
{
    return REAL->pMethods->xShmMap(REAL, page, size, extend, to);
}

static int vfs_shm_lock(sqlite3_file *file, int from, int n, int flags)
{
    return REAL->pMethods->xShmLock(REAL, from, n, flags);
}

static void vfs_shm_barrier(sqlite3_file *file)
{
    REAL->pMethods->xShmBarrier(REAL);
}

static int vfs_shm_unmap(sqlite3_file *file, int remove)
{
    return REAL->pMethods->xShmUnmap(REAL, remove);
}

#undef REAL

static const sqlite3_io_methods vfs_methods = {
    2,          vfs_close,   vfs_read,     vfs_write,       vfs_truncate,  vfs_sync,
    vfs_size,   vfs_lock,    vfs_unlock,   vfs_reserved,    vfs_control,   vfs_sector,
    vfs_traits, vfs_shm_map, vfs_shm_lock, vfs_shm_barrier, vfs_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct vfs_file *f = (struct vfs_file *)file;

    (void)vfs;
    *f = (struct vfs_file){ .real = (sqlite3_file *)(f + 1) };
    int rc = disk.real->xOpen(disk.real, name, f->real, flags, out);
    if (rc == SQLITE_OK) {
        f->base.pMethods = &vfs_methods;
        f->next = disk.open;
        disk.open = f;
    }
    return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return strike(NULL, NULL, 0, 0) ? disk.code : disk.real->xDelete(disk.real, name, sync);
}

static void vfs_install(void)
{
    const char *why;
    const struct sqlite_api *sq = sqlite_api(&why);

    if (disk.real)
        return;
    disk.real = sq->vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.pNext = NULL;
    disk.vfs.zName = "breakable";
    disk.vfs.szOsFile += (int)sizeof(struct vfs_file);
    disk.vfs.xOpen = vfs_open;
    disk.vfs.xDelete = vfs_delete;
    disk.vfs.pAppData = disk.real->pAppData;
    sq->vfs_register(&disk.vfs, 1);
}
