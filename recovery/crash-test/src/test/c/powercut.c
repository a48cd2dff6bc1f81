/*
 * A file system on the disk of disk.c. One process is one life of the machine: it loads what the last one
 * left, and ends with a power cut.
 *
 *   powercut IMAGE MOUNTPOINT [cached|writeback|direct] [honest|TRAITS] [LOG]
 *
 * Traits, joined by commas: with forgets-forces and forgets-names it reports success and does nothing;
 * no-attributes, no-allocation and no-direct-writes are what some file systems lack.
 *
 * On standard input: "arm N" has the power fail before the Nth of the next changes, begins and ends of
 * forces, which is told on standard output as "off". "halt N" has calls fail from there on as if the process
 * had been killed, "go" ends that. "cut SEED" loses, saves and ends.
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static const double FOREVER_SECONDS = 1e9; /* nobody else changes anything */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool off, stopped, direct, writeback, forgetsForces, forgetsNames, noDirect;
static long armed = -1;
static bool halts; /* at the armed change: calls fail, and the power stays */
static uint64_t forces, calls;

/* With the lock, which every handler takes here: false once calls fail. */
static bool enter(bool changes) {
    pthread_mutex_lock(&lock);
    calls++;
    if (changes && !off && !stopped && armed > 0 && --armed == 0) {
        off = !halts;
        stopped = halts;
        printf("off\n");
        fflush(stdout);
    }
    if (!off && !stopped) {
        return true;
    }
    pthread_mutex_unlock(&lock);
    return false;
}

static void leave(void) {
    pthread_mutex_unlock(&lock);
}

static void describe(uint64_t number, struct stat *target) {
    memset(target, 0, sizeof *target);
    target->st_ino = number;
    target->st_blksize = 4096;
    if (number == FUSE_ROOT_ID) {
        target->st_mode = S_IFDIR | 0777;
        target->st_nlink = 2;
        return;
    }
    struct file *file = files[number];
    target->st_mode = file->mode;
    target->st_uid = file->owner;
    target->st_gid = file->group;
    target->st_nlink = 1;
    target->st_size = (off_t)file->length;
    target->st_blocks = (blkcnt_t)disk_allocated_sectors(file);
}

static void entry(struct file *file, struct fuse_entry_param *target) {
    memset(target, 0, sizeof *target);
    target->ino = file == NULL ? 0 : file->number;
    target->attr_timeout = target->entry_timeout = FOREVER_SECONDS;
    if (file != NULL) {
        describe(file->number, &target->attr);
    }
}

static void on_init(void *data, struct fuse_conn_info *connection) {
    (void)data;
    if (writeback) {
        connection->want |= FUSE_CAP_WRITEBACK_CACHE;
    }
    connection->want &= ~(unsigned)FUSE_CAP_AUTO_INVAL_DATA;
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
    (void)parent;
    if (!enter(false)) {
        fuse_reply_err(request, EIO);
        return;
    }
    struct fuse_entry_param found;
    entry(disk_find(name), &found);
    leave();
    fuse_reply_entry(request, &found);
}

static void on_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info) {
    (void)info;
    if (!enter(false)) {
        fuse_reply_err(request, EIO);
        return;
    }
    struct stat status;
    describe(number, &status);
    leave();
    fuse_reply_attr(request, &status, FOREVER_SECONDS);
}

static void on_setattr(fuse_req_t request, fuse_ino_t number, struct stat *wanted, int what,
                       struct fuse_file_info *info) {
    (void)info;
    if (!enter((what & FUSE_SET_ATTR_SIZE) != 0)) {
        fuse_reply_err(request, EIO);
        return;
    }
    struct file *file = number == FUSE_ROOT_ID ? NULL : files[number];
    if (file != NULL && (what & FUSE_SET_ATTR_SIZE)) {
        disk_set_length(file, (uint64_t)wanted->st_size);
    }
    if (file != NULL && (what & FUSE_SET_ATTR_MODE)) {
        file->mode = wanted->st_mode;
    }
    if (file != NULL && (what & FUSE_SET_ATTR_UID)) {
        file->owner = wanted->st_uid;
    }
    if (file != NULL && (what & FUSE_SET_ATTR_GID)) {
        file->group = wanted->st_gid;
    }
    struct stat status;
    describe(number, &status);
    leave();
    fuse_reply_attr(request, &status, FOREVER_SECONDS);
}

static void reply_opened(struct fuse_file_info *info) {
    info->direct_io = direct;
    info->keep_cache = 1;
}

static void on_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
                      struct fuse_file_info *info) {
    (void)parent;
    if (!enter(true)) {
        fuse_reply_err(request, EIO);
        return;
    }
    struct file *file = disk_find(name);
    if (file == NULL) {
        const struct fuse_ctx *caller = fuse_req_ctx(request);
        file = disk_create(name, S_IFREG | (mode & 07777), caller->uid, caller->gid);
    }
    struct fuse_entry_param made;
    entry(file, &made);
    leave();
    reply_opened(info);
    fuse_reply_create(request, &made, info);
}

static void on_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info) {
    (void)number;
    if (noDirect && (info->flags & O_DIRECT)) {
        fuse_reply_err(request, EINVAL);
        return;
    }
    reply_opened(info);
    fuse_reply_open(request, info);
}

static void on_read(fuse_req_t request, fuse_ino_t number, size_t size, off_t position,
                    struct fuse_file_info *info) {
    (void)info;
    if (!enter(false)) {
        fuse_reply_err(request, EIO);
        return;
    }
    struct file *file = files[number];
    uint64_t from = (uint64_t)position < file->length ? (uint64_t)position : file->length;
    uint64_t bytes = size < file->length - from ? size : file->length - from;
    char *copy = malloc(bytes + 1);
    if (bytes > 0) {
        memcpy(copy, file->bytes + from, bytes);
    }
    leave();
    fuse_reply_buf(request, copy, bytes);
    free(copy);
}

static void on_write(fuse_req_t request, fuse_ino_t number, const char *source, size_t size, off_t position,
                     struct fuse_file_info *info) {
    (void)info;
    if (!enter(true)) {
        fuse_reply_err(request, EIO);
        return;
    }
    disk_write(files[number], (uint64_t)position, (const uint8_t *)source, size);
    leave();
    fuse_reply_write(request, size);
}

static void on_fallocate(fuse_req_t request, fuse_ino_t number, int mode, off_t position, off_t length,
                         struct fuse_file_info *info) {
    (void)info;
    if (mode != FALLOC_FL_KEEP_SIZE && mode != (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) {
        fuse_reply_err(request, EOPNOTSUPP);
        return;
    }
    if (!enter(true)) {
        fuse_reply_err(request, EIO);
        return;
    }
    if (mode & FALLOC_FL_PUNCH_HOLE) {
        disk_zero(files[number], (uint64_t)position, (uint64_t)length);
    } else {
        disk_allocate(files[number], (uint64_t)position, (uint64_t)length);
    }
    leave();
    fuse_reply_err(request, 0);
}

/* A force covers what was done when it began, once it has ended; the cut may come between. */
static void force(fuse_req_t request, struct file *file, bool attributes) {
    if (!enter(true)) {
        fuse_reply_err(request, EIO);
        return;
    }
    uint64_t until = disk_now();
    forces++;
    struct timespec pause = {.tv_nsec = 1000 * (long)(forces * 7919 % 100)};
    leave();
    nanosleep(&pause, NULL);
    if (!enter(true)) {
        fuse_reply_err(request, EIO);
        return;
    }
    if (file != NULL && !forgetsForces) {
        disk_force(file, until, attributes);
    } else if (file == NULL && !forgetsNames) {
        disk_force_directory(until);
    }
    leave();
    fuse_reply_err(request, 0);
}

static void on_fsync(fuse_req_t request, fuse_ino_t number, int contentOnly, struct fuse_file_info *info) {
    (void)info;
    force(request, files[number], !contentOnly);
}

static void on_fsyncdir(fuse_req_t request, fuse_ino_t number, int contentOnly, struct fuse_file_info *info) {
    (void)number;
    (void)contentOnly;
    (void)info;
    force(request, NULL, false);
}

static void on_unlink(fuse_req_t request, fuse_ino_t parent, const char *name) {
    (void)parent;
    if (!enter(true)) {
        fuse_reply_err(request, EIO);
        return;
    }
    bool found = disk_find(name) != NULL;
    if (found) {
        disk_unlink(name);
    }
    leave();
    fuse_reply_err(request, found ? 0 : ENOENT);
}

static void on_rename(fuse_req_t request, fuse_ino_t parent, const char *from, fuse_ino_t newParent,
                      const char *to, unsigned flags) {
    (void)parent;
    (void)newParent;
    if (flags != 0) {
        fuse_reply_err(request, EINVAL);
        return;
    }
    if (!enter(true)) {
        fuse_reply_err(request, EIO);
        return;
    }
    bool found = disk_find(from) != NULL;
    if (found) {
        disk_rename(from, to);
    }
    leave();
    fuse_reply_err(request, found ? 0 : ENOENT);
}

static void on_setxattr(fuse_req_t request, fuse_ino_t number, const char *name, const char *value,
                        size_t size, int flags) {
    (void)flags;
    if (number == FUSE_ROOT_ID || strncmp(name, "user.", 5) != 0 || size > VALUE_BYTES) {
        fuse_reply_err(request, EOPNOTSUPP);
        return;
    }
    if (!enter(true)) {
        fuse_reply_err(request, EIO);
        return;
    }
    disk_set_attribute(files[number], disk_attribute(files[number], name, true), value, (int)size);
    leave();
    fuse_reply_err(request, 0);
}

static void on_removexattr(fuse_req_t request, fuse_ino_t number, const char *name) {
    if (!enter(true)) {
        fuse_reply_err(request, EIO);
        return;
    }
    struct attribute *found = number == FUSE_ROOT_ID ? NULL : disk_attribute(files[number], name, false);
    bool exists = found != NULL && found->bytes >= 0;
    if (exists) {
        disk_set_attribute(files[number], found, NULL, -1);
    }
    leave();
    fuse_reply_err(request, exists ? 0 : ENODATA);
}

static void on_getxattr(fuse_req_t request, fuse_ino_t number, const char *name, size_t size) {
    if (!enter(false)) {
        fuse_reply_err(request, EIO);
        return;
    }
    struct attribute *found = number == FUSE_ROOT_ID ? NULL : disk_attribute(files[number], name, false);
    struct attribute copy = found == NULL ? (struct attribute){.bytes = -1} : *found;
    leave();
    if (copy.bytes < 0) {
        fuse_reply_err(request, ENODATA);
    } else if (size == 0) {
        fuse_reply_xattr(request, (size_t)copy.bytes);
    } else if ((size_t)copy.bytes > size) {
        fuse_reply_err(request, ERANGE);
    } else {
        fuse_reply_buf(request, (const char *)copy.value, (size_t)copy.bytes);
    }
}

static void on_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t from,
                       struct fuse_file_info *info) {
    (void)number;
    (void)info;
    char *list = malloc(size);
    size_t used = 0;
    uint64_t child;
    pthread_mutex_lock(&lock);
    for (const char *name; (name = disk_name((int)from, &child)) != NULL; from++) {
        struct stat status;
        describe(child, &status);
        size_t needed = fuse_add_direntry(request, list + used, size - used, name, &status, from + 1);
        if (needed > size - used) {
            break;
        }
        used += needed;
    }
    leave();
    fuse_reply_buf(request, list, used);
    free(list);
}

/* There is always room: some programs ask before they write. */
static void on_statfs(fuse_req_t request, fuse_ino_t number) {
    (void)number;
    struct statvfs room = {.f_bsize = 4096, .f_frsize = 4096, .f_blocks = 1 << 24, .f_bfree = 1 << 24,
                           .f_bavail = 1 << 24, .f_namemax = NAME_BYTES - 1};
    fuse_reply_statfs(request, &room);
}

static struct fuse_lowlevel_ops operations = {
    .statfs = on_statfs,
    .init = on_init, .lookup = on_lookup, .getattr = on_getattr, .setattr = on_setattr, .create = on_create,
    .open = on_open, .read = on_read, .write = on_write, .fallocate = on_fallocate, .fsync = on_fsync,
    .fsyncdir = on_fsyncdir, .unlink = on_unlink, .rename = on_rename, .setxattr = on_setxattr,
    .getxattr = on_getxattr, .removexattr = on_removexattr, .readdir = on_readdir};

static void cut(uint64_t seed, const char *image, const char *mountpoint) {
    pthread_mutex_lock(&lock);
    off = true;
    uint64_t changes = disk_now();
    struct disk_counts counts = disk_cut(seed);
    char before[4096];
    snprintf(before, sizeof before, "%s.before", image);
    rename(image, before); /* for who wants to know what this life began with */
    disk_save(image);
    umount2(mountpoint, MNT_DETACH);
    printf("cut seed=%lu changes=%lu forces=%lu calls=%lu undecided=%lu kept=%lu\n", seed, changes, forces,
           calls, counts.undecided, counts.kept);
    fflush(stdout);
    if (disk_log != NULL) {
        fclose(disk_log);
    }
    _exit(0);
}

static void *obey(void *arguments) {
    const char *const *paths = arguments;
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "cut ", 4) == 0) {
            cut(strtoull(line + 4, NULL, 10), paths[0], paths[1]);
        }
        pthread_mutex_lock(&lock);
        if (strncmp(line, "go", 2) == 0) {
            stopped = false;
        } else {
            halts = strncmp(line, "halt ", 5) == 0;
            armed = strtol(strchr(line, ' '), NULL, 10);
        }
        leave();
        printf("ok\n");
        fflush(stdout);
    }
    cut(0, paths[0], paths[1]); /* whoever gave the commands is gone */
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: powercut IMAGE MOUNTPOINT [cached|writeback|direct] [honest|TRAITS] [LOG]\n");
        return 2;
    }
    direct = count > 3 && strcmp(arguments[3], "direct") == 0;
    writeback = count > 3 && strcmp(arguments[3], "writeback") == 0;
    const char *traits = count > 4 ? arguments[4] : "";
    forgetsForces = strstr(traits, "forgets-forces") != NULL;
    forgetsNames = strstr(traits, "forgets-names") != NULL;
    noDirect = strstr(traits, "no-direct-writes") != NULL;
    if (strstr(traits, "no-attributes") != NULL) {
        operations.setxattr = NULL;
        operations.getxattr = NULL;
        operations.removexattr = NULL;
    }
    if (strstr(traits, "no-allocation") != NULL) {
        operations.fallocate = NULL;
    }
    disk_log = count > 5 ? fopen(arguments[5], "w") : NULL;
    disk_load(arguments[1]);
    char *options[] = {arguments[0], "-o", "fsname=powercut"};
    struct fuse_args args = FUSE_ARGS_INIT(3, options);
    struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, NULL);
    if (session == NULL || fuse_session_mount(session, arguments[2]) != 0) {
        return 1;
    }
    printf("mounted\n");
    fflush(stdout);
    pthread_t commands;
    pthread_create(&commands, NULL, obey, &arguments[1]);
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    fuse_session_loop_mt(session, config);
    pthread_join(commands, NULL); /* it ends the process */
    return 0;
}
