#include "disk.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 64, NAME_CHANGES_MAX = 65536 };

struct name {
    char name[NAME_BYTES];
    uint64_t number;
};

/* A creation has no from, a deletion no to. */
struct name_change {
    uint64_t change, number;
    char from[NAME_BYTES], to[NAME_BYTES];
};

/* How a power cut decides. Extremes are tried more often than chance would, and what is torn most often. */
enum style {
    EACH_PART, LAST_TORN,   ALL_LOST,    ALL_KEPT, BY_CHANGE,
    BY_TIME,   MOSTLY_KEPT, MOSTLY_LOST, BY_FILE
};
static const char *const STYLE_NAMES[] = {
    "EACH_PART", "LAST_TORN",   "ALL_LOST",    "ALL_KEPT", "BY_CHANGE",
    "BY_TIME",   "MOSTLY_KEPT", "MOSTLY_LOST", "BY_FILE"};
static const enum style STYLES[] = {EACH_PART, EACH_PART, EACH_PART, LAST_TORN,   LAST_TORN,   ALL_LOST,
                                    ALL_KEPT,  BY_CHANGE, BY_TIME,   MOSTLY_KEPT, MOSTLY_LOST, BY_FILE};

struct file *files[FILES_MAX];
FILE *disk_log;

static struct name names[NAMES_MAX], sureNames[NAMES_MAX];
static struct name_change *nameChanges;
static int nameChangeCount;
static uint64_t change, nextNumber = 2;

static enum style style;
static uint64_t cutSeed, cutTime;
static struct disk_counts counts;

static void *allocated(void *memory) {
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static void tell(const char *what, const struct file *file, uint64_t from, uint64_t bytes) {
    if (disk_log != NULL) {
        fprintf(disk_log, "%lu %s file=%lu %lu+%lu\n", change, what, file ? file->number : 1, from, bytes);
    }
}

uint64_t disk_now(void) {
    return change;
}

/* ---- names ---- */

static struct name *entry(struct name *in, const char *name) {
    for (int i = 0; i < NAMES_MAX; i++) {
        if (in[i].number != 0 && strcmp(in[i].name, name) == 0) {
            return &in[i];
        }
    }
    return NULL;
}

static void set_name(struct name *in, const char *name, uint64_t number) {
    struct name *found = entry(in, name);
    for (int i = 0; found == NULL && i < NAMES_MAX; i++) {
        if (in[i].number == 0) {
            found = &in[i];
            snprintf(found->name, NAME_BYTES, "%s", name);
        }
    }
    ((struct name *)allocated(found))->number = number;
}

static void apply(struct name *in, const struct name_change *made) {
    struct name *old = made->from[0] ? entry(in, made->from) : NULL;
    if (old != NULL && old->number == made->number) {
        old->number = 0;
    }
    if (made->to[0]) {
        set_name(in, made->to, made->number);
    }
}

static void change_name(const char *from, const char *to, uint64_t number) {
    if (nameChangeCount == NAME_CHANGES_MAX) {
        abort();
    }
    struct name_change *made = &nameChanges[nameChangeCount++];
    *made = (struct name_change){.change = ++change, .number = number};
    snprintf(made->from, NAME_BYTES, "%s", from);
    snprintf(made->to, NAME_BYTES, "%s", to);
    apply(names, made);
    if (disk_log != NULL) {
        fprintf(disk_log, "%lu name file=%lu '%s' -> '%s'\n", change, number, from, to);
    }
}

static struct file *new_file(uint64_t number) {
    if (number >= FILES_MAX) {
        abort();
    }
    struct file *file = allocated(calloc(1, sizeof *file));
    file->number = number;
    files[number] = file;
    return file;
}

struct file *disk_create(const char *name, mode_t mode, uid_t owner, gid_t group) {
    struct file *file = new_file(nextNumber++);
    file->mode = mode;
    file->owner = owner;
    file->group = group;
    change_name("", name, file->number);
    return file;
}

struct file *disk_find(const char *name) {
    struct name *found = entry(names, name);
    return found == NULL ? NULL : files[found->number];
}

const char *disk_name(int index, uint64_t *number) {
    for (int i = 0; i < NAMES_MAX; i++) {
        if (names[i].number != 0 && index-- == 0) {
            *number = names[i].number;
            return names[i].name;
        }
    }
    return NULL;
}

void disk_unlink(const char *name) {
    change_name(name, "", entry(names, name)->number);
}

void disk_rename(const char *from, const char *to) {
    change_name(from, to, entry(names, from)->number);
}

/* ---- content ---- */

static void reserve(struct file *file, uint64_t bytes) {
    uint64_t wanted = (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES, old = file->sectors;
    if (wanted <= old) {
        return;
    }
    wanted = wanted < 2 * old ? 2 * old : wanted;
    file->bytes = allocated(realloc(file->bytes, wanted * SECTOR_BYTES));
    file->sure = allocated(realloc(file->sure, wanted * SECTOR_BYTES));
    file->versions = allocated(realloc(file->versions, wanted * sizeof *file->versions));
    file->allocated = allocated(realloc(file->allocated, wanted));
    memset(file->bytes + old * SECTOR_BYTES, 0, (wanted - old) * SECTOR_BYTES);
    memset(file->sure + old * SECTOR_BYTES, 0, (wanted - old) * SECTOR_BYTES);
    memset(file->versions + old, 0, (wanted - old) * sizeof *file->versions);
    memset(file->allocated + old, 0, wanted - old);
    file->sectors = wanted;
}

static struct version *append(struct version **list, size_t bytes) {
    struct version *made = allocated(calloc(1, sizeof *made + bytes));
    made->change = change;
    while (*list != NULL) {
        list = &(*list)->next;
    }
    *list = made;
    return made;
}

/* Sectors now hold what programs see there. */
static void remember(struct file *file, uint64_t from, uint64_t to) {
    for (uint64_t sector = from / SECTOR_BYTES; sector * SECTOR_BYTES < to; sector++) {
        struct version *made = append(&file->versions[sector], SECTOR_BYTES);
        memcpy(made->bytes, file->bytes + sector * SECTOR_BYTES, SECTOR_BYTES);
    }
}

static void lengthen(struct file *file, uint64_t length) {
    if (length != file->length) {
        file->length = length;
        append(&file->lengths, 0)->length = length;
    }
}

void disk_write(struct file *file, uint64_t position, const uint8_t *source, uint64_t bytes) {
    change++;
    tell("write", file, position, bytes);
    reserve(file, position + bytes);
    memcpy(file->bytes + position, source, bytes);
    disk_allocate(file, position, bytes);
    remember(file, position, position + bytes);
    lengthen(file, position + bytes > file->length ? position + bytes : file->length);
}

void disk_zero(struct file *file, uint64_t position, uint64_t bytes) {
    change++;
    tell("zero", file, position, bytes);
    uint64_t end = position + bytes < file->length ? position + bytes : file->length;
    if (position < end) {
        memset(file->bytes + position, 0, end - position);
        remember(file, position, end);
        for (uint64_t page = (position + 4095) / 4096; (page + 1) * 4096 <= end; page++) {
            memset(file->allocated + page * 8, 0, 8);
        }
    }
}

void disk_allocate(struct file *file, uint64_t position, uint64_t bytes) {
    uint64_t from = position / 4096 * 8, to = (position + bytes + 4095) / 4096 * 8;
    reserve(file, to * SECTOR_BYTES);
    memset(file->allocated + from, 1, to - from);
}

/* Cutting writes zeros, apart from the length: each may survive without the other. */
void disk_set_length(struct file *file, uint64_t length) {
    change++;
    tell("length", file, length, 0);
    reserve(file, length);
    if (length < file->length) {
        memset(file->bytes + length, 0, file->length - length);
        remember(file, length, file->length);
        uint64_t from = (length + 4095) / 4096 * 8;
        if (from < file->sectors) {
            memset(file->allocated + from, 0, file->sectors - from);
        }
    }
    lengthen(file, length);
}

uint64_t disk_allocated_sectors(const struct file *file) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < file->sectors; i++) {
        count += file->allocated[i];
    }
    return count;
}

struct attribute *disk_attribute(struct file *file, const char *name, bool make) {
    for (int i = 0; i < ATTRIBUTES_MAX; i++) {
        struct attribute *attribute = &file->attributes[i];
        if (make && attribute->name[0] == 0) {
            snprintf(attribute->name, NAME_BYTES, "%s", name);
            attribute->bytes = attribute->sureBytes = -1;
        }
        if (strcmp(attribute->name, name) == 0) {
            return attribute;
        }
    }
    return NULL;
}

void disk_set_attribute(struct file *file, struct attribute *attribute, const void *value, int bytes) {
    attribute->change = ++change;
    tell("attribute", file, 0, (uint64_t)bytes);
    attribute->bytes = bytes;
    if (bytes > 0) {
        memcpy(attribute->value, value, (size_t)bytes);
    }
}

/* ---- forces ---- */

/* Takes the versions up to a change off a list; the last of them is sure. */
static struct version *settle(struct version **list, uint64_t until) {
    struct version *last = NULL;
    while (*list != NULL && (*list)->change <= until) {
        free(last);
        last = *list;
        *list = last->next;
    }
    return last;
}

static void settle_attribute(struct attribute *attribute) {
    attribute->sureBytes = attribute->bytes;
    memcpy(attribute->sureValue, attribute->value, VALUE_BYTES);
    attribute->change = 0;
}

void disk_force(struct file *file, uint64_t until, bool attributes) {
    tell(attributes ? "forced-all" : "forced", file, until, 0);
    for (uint64_t sector = 0; sector < file->sectors; sector++) {
        struct version *last = settle(&file->versions[sector], until);
        if (last != NULL) {
            memcpy(file->sure + sector * SECTOR_BYTES, last->bytes, SECTOR_BYTES);
            free(last);
        }
    }
    struct version *length = settle(&file->lengths, until);
    if (length != NULL) {
        file->sureLength = length->length;
        free(length);
    }
    for (int i = 0; attributes && i < ATTRIBUTES_MAX; i++) {
        if (file->attributes[i].change != 0 && file->attributes[i].change <= until) {
            settle_attribute(&file->attributes[i]);
        }
    }
}

void disk_force_directory(uint64_t until) {
    tell("forced-directory", NULL, until, 0);
    int done = 0;
    while (done < nameChangeCount && nameChanges[done].change <= until) {
        apply(sureNames, &nameChanges[done++]);
    }
    nameChangeCount -= done;
    memmove(nameChanges, nameChanges + done, (size_t)nameChangeCount * sizeof *nameChanges);
}

/* ---- power cut ---- */

static uint64_t mixed(uint64_t a, uint64_t b) {
    uint64_t x = cutSeed + a * 0x9E3779B97F4A7C15u + b * 0xD1B54A32D192ED03u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* Whether a change of some part of a file is kept. */
static bool is_kept(uint64_t made, uint64_t file, uint64_t part) {
    switch (style) {
        case LAST_TORN: return made < change || mixed(file, part) % 2;
        case ALL_LOST: return false;
        case ALL_KEPT: return true;
        case BY_CHANGE: return mixed(made, 0) % 2;
        case BY_TIME: return made <= cutTime;
        case MOSTLY_KEPT: return mixed(made, part * 64 + file) % 16;
        case MOSTLY_LOST: return mixed(made, part * 64 + file) % 16 == 0;
        case BY_FILE: return mixed(file, 1) % 2;
        default: return mixed(made, part * 64 + file) % 2;
    }
}

/* The last version that is kept, or NULL. */
static struct version *survivor(struct version *list, uint64_t file, uint64_t part) {
    struct version *kept = NULL;
    counts.undecided += list != NULL;
    for (; list != NULL; list = list->next) {
        kept = is_kept(list->change, file, part) ? list : kept;
    }
    counts.kept += kept != NULL;
    return kept;
}

static void cut_file(struct file *file) {
    for (uint64_t sector = 0; sector < file->sectors; sector++) {
        struct version *kept = survivor(file->versions[sector], file->number, sector + 2);
        if (kept != NULL) {
            memcpy(file->sure + sector * SECTOR_BYTES, kept->bytes, SECTOR_BYTES);
        }
    }
    struct version *length = survivor(file->lengths, file->number, 0);
    if (length != NULL) {
        file->sureLength = length->length;
    }
    if (file->sureLength < file->sectors * SECTOR_BYTES) {
        memset(file->sure + file->sureLength, 0, file->sectors * SECTOR_BYTES - file->sureLength);
    }
    for (int i = 0; i < ATTRIBUTES_MAX; i++) {
        struct attribute *attribute = &file->attributes[i];
        counts.undecided += attribute->change != 0;
        if (attribute->change != 0 && is_kept(attribute->change, file->number, 1)) {
            counts.kept++;
            settle_attribute(attribute);
        }
    }
}

struct disk_counts disk_cut(uint64_t seed) {
    counts = (struct disk_counts){0};
    cutSeed = seed;
    style = STYLES[mixed(1, 1) % (sizeof STYLES / sizeof *STYLES)];
    uint64_t stretch = change < 40 ? change : 40;
    cutTime = change - mixed(2, 2) % (stretch + 1);
    for (int i = 2; i < FILES_MAX; i++) {
        if (files[i] != NULL) {
            cut_file(files[i]);
        }
    }
    for (int i = 0; i < nameChangeCount; i++) {
        bool kept = is_kept(nameChanges[i].change, 1, (uint64_t)i);
        counts.undecided++;
        counts.kept += kept;
        if (kept) {
            apply(sureNames, &nameChanges[i]);
        }
    }
    if (disk_log != NULL) {
        fprintf(disk_log, "power cut: seed=%lu style=%s undecided=%lu kept=%lu\n", seed, STYLE_NAMES[style],
                counts.undecided, counts.kept);
    }
    return counts;
}

/* ---- between two lives ---- */

static void put(FILE *out, const void *bytes, size_t count) {
    if (fwrite(bytes, 1, count, out) != count) {
        abort();
    }
}

static void get(FILE *in, void *bytes, size_t count) {
    if (fread(bytes, 1, count, in) != count) {
        abort();
    }
}

void disk_save(const char *path) {
    FILE *out = allocated(fopen(path, "w"));
    for (int i = 0; i < NAMES_MAX; i++) {
        if (sureNames[i].number == 0) {
            continue;
        }
        struct file *file = files[sureNames[i].number];
        put(out, &sureNames[i], sizeof sureNames[i]);
        put(out, file, sizeof *file);
        put(out, file->sure, file->sureLength);
        put(out, file->allocated, (file->sureLength + SECTOR_BYTES - 1) / SECTOR_BYTES);
    }
    fclose(out);
}

static void load_file(FILE *in, const struct name *name) {
    struct file saved;
    get(in, &saved, sizeof saved);
    set_name(names, name->name, name->number);
    set_name(sureNames, name->name, name->number);
    nextNumber = name->number >= nextNumber ? name->number + 1 : nextNumber;
    bool linked = files[name->number] != NULL; /* under two names, after a rename that was kept in half */
    struct file *file = linked ? files[name->number] : new_file(name->number);
    file->mode = saved.mode;
    file->owner = saved.owner;
    file->group = saved.group;
    file->length = file->sureLength = saved.sureLength;
    reserve(file, file->length);
    get(in, file->sure, file->length);
    if (file->length > 0) {
        memcpy(file->bytes, file->sure, file->length);
    }
    get(in, file->allocated, (file->length + SECTOR_BYTES - 1) / SECTOR_BYTES);
    memcpy(file->attributes, saved.attributes, sizeof saved.attributes);
    for (int i = 0; i < ATTRIBUTES_MAX; i++) {
        struct attribute *attribute = &file->attributes[i];
        attribute->change = 0;
        attribute->bytes = attribute->sureBytes;
        memcpy(attribute->value, attribute->sureValue, VALUE_BYTES);
    }
}

bool disk_load(const char *path) {
    nameChanges = allocated(calloc(NAME_CHANGES_MAX, sizeof *nameChanges));
    FILE *in = fopen(path, "r");
    if (in == NULL) {
        return false;
    }
    struct name name;
    while (fread(&name, sizeof name, 1, in) == 1) {
        load_file(in, &name);
    }
    fclose(in);
    return true;
}
