/*
 * A disk that loses power, and the cache before it: the fault model of SimulatedDisk, for real processes.
 *
 * What every file holds is kept twice: as programs see it, and as forces have made it sure. Between the two
 * lies each change that no force has covered yet. A power cut decides each of them by itself: a sector of 512
 * bytes, a length, an attribute, a name. Disk space that was taken is kept. Callers hold one lock around
 * every call.
 */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { SECTOR_BYTES = 512, FILES_MAX = 4096, NAME_BYTES = 96, VALUE_BYTES = 256, ATTRIBUTES_MAX = 4 };

/* What a sector held, or how long a file was, after the change with a number; the oldest first. */
struct version {
    struct version *next;
    uint64_t change;
    uint64_t length;
    uint8_t bytes[];
};

struct attribute {
    char name[NAME_BYTES];
    int bytes, sureBytes; /* -1: there is none */
    uint8_t value[VALUE_BYTES], sureValue[VALUE_BYTES];
    uint64_t change; /* of the last setting that is not sure, or 0 */
};

struct file {
    uint64_t number;
    mode_t mode;
    uid_t owner;
    gid_t group;
    uint64_t length, sureLength;
    struct version *lengths;
    uint64_t sectors; /* capacity of the arrays below */
    uint8_t *bytes, *sure;
    struct version **versions;
    uint8_t *allocated;
    struct attribute attributes[ATTRIBUTES_MAX];
};

struct disk_counts {
    uint64_t undecided, kept;
};

extern struct file *files[FILES_MAX]; /* by number; 0 and 1 (the directory) are none */
extern FILE *disk_log;

/* The number of the last change; a force covers what had happened when it began. */
uint64_t disk_now(void);

struct file *disk_create(const char *name, mode_t mode, uid_t owner, gid_t group);
struct file *disk_find(const char *name);
const char *disk_name(int index, uint64_t *number); /* of the directory's entries, NULL behind the last */
void disk_unlink(const char *name);
void disk_rename(const char *from, const char *to);

void disk_write(struct file *file, uint64_t position, const uint8_t *source, uint64_t bytes);
void disk_zero(struct file *file, uint64_t position, uint64_t bytes);
void disk_allocate(struct file *file, uint64_t position, uint64_t bytes);
void disk_set_length(struct file *file, uint64_t length);
uint64_t disk_allocated_sectors(const struct file *file);
struct attribute *disk_attribute(struct file *file, const char *name, bool make);
void disk_set_attribute(struct file *file, struct attribute *attribute, const void *value, int bytes);

void disk_force(struct file *file, uint64_t until, bool attributes);
void disk_force_directory(uint64_t until);

/* Loses a random part of what is not sure; what is left is sure. */
struct disk_counts disk_cut(uint64_t seed);

bool disk_load(const char *path);
void disk_save(const char *path);

#endif
