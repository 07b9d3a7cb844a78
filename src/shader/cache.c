/* SPDX-License-Identifier: MIT */
/* One file per translation: a header, then the translation as pvg_translation_encode() has it. */
#include "shader/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#define HEX_SIZE  (2 * PVG_SHA256_SIZE)
#define SCRATCH   ".new-"    /* + random: a file that is being written */
#define MAX_ENTRY (8u << 20) /* bytes: PVG_SHADER_MAX_WORDS words and a record fit */

struct pvg_shader_cache {
    int folder;     /* descriptor */
    uint64_t limit; /* bytes */
    GMutex lock;    /* of the field below */
    uint64_t added; /* bytes written since the folder was last measured; starts over the limit, so
                       that the first write measures it */
};

/* At the head of each file; both ends are this machine, so its byte order will do. */
struct header {
    uint8_t magic[8];
    uint8_t key[PVG_SHA256_SIZE];     /* guards against renamed files */
    uint8_t payload[PVG_SHA256_SIZE]; /* SHA-256 of what follows */
    uint64_t size;                    /* bytes that follow */
};

static const uint8_t magic[8] = "PVGSPV1";

static void sha256(const void *bytes, size_t size, uint8_t out[PVG_SHA256_SIZE])
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize out_size = PVG_SHA256_SIZE;

    g_checksum_update(sum, bytes, size);
    g_checksum_get_digest(sum, out, &out_size);
    g_checksum_free(sum);
}

struct pvg_shader_key pvg_shader_key(const struct pvg_shader_source *source,
                                     const struct pvg_shader_options *options)
{
    static const char version[] = G_STRINGIFY(PVG_TRANSLATOR_VERSION) " LLVM " PVG_LLVM_VERSION;
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    struct pvg_shader_key key;
    gsize size = sizeof(key.hash);

    g_checksum_update(sum, (const guchar *)version, sizeof(version));
    g_checksum_update(sum, source->hash, sizeof(source->hash));
    g_checksum_update(sum, (const guchar *)source->entry, strlen(source->entry) + 1);
    g_checksum_update(sum, (const guchar *)options, sizeof(*options));
    g_checksum_get_digest(sum, key.hash, &size);
    g_checksum_free(sum);
    return key;
}

static void name_of(const struct pvg_shader_key *key, char name[HEX_SIZE + 1])
{
    for (unsigned i = 0; i < PVG_SHA256_SIZE; i++) {
        g_snprintf(name + 2 * i, 3, "%02x", key->hash[i]);
    }
}

static bool read_whole(int fd, void *bytes, size_t size)
{
    uint8_t *at = bytes;

    while (size) {
        ssize_t got = read(fd, at, size);

        if (got <= 0) {
            if (got < 0 && errno == EINTR) {
                continue;
            }
            return false;
        }
        at += got;
        size -= got;
    }
    return true;
}

static bool write_whole(int fd, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    while (size) {
        ssize_t put = write(fd, at, size);

        if (put < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        at += put;
        size -= put;
    }
    return true;
}

/* Reads and checks one open entry. */
static bool read_entry(int fd, const struct pvg_shader_key *key, struct pvg_translation *out)
{
    uint8_t hash[PVG_SHA256_SIZE];
    g_autofree uint8_t *bytes = NULL;
    struct header header;
    struct stat status;

    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        !read_whole(fd, &header, sizeof(header)) || memcmp(header.magic, magic, sizeof(magic)) ||
        memcmp(header.key, key->hash, sizeof(header.key)) || header.size > MAX_ENTRY ||
        (uint64_t)status.st_size != sizeof(header) + header.size) {
        return false;
    }
    bytes = g_try_malloc(header.size);
    if (!bytes || !read_whole(fd, bytes, header.size)) {
        return false;
    }
    sha256(bytes, header.size, hash);
    return !memcmp(hash, header.payload, sizeof(hash)) &&
           pvg_translation_decode(bytes, header.size, out);
}

void pvg_shader_cache_drop(struct pvg_shader_cache *cache, const struct pvg_shader_key *key)
{
    char name[HEX_SIZE + 1];

    name_of(key, name);
    unlinkat(cache->folder, name, 0);
}

bool pvg_shader_cache_read(struct pvg_shader_cache *cache, const struct pvg_shader_key *key,
                           struct pvg_translation *out)
{
    char name[HEX_SIZE + 1];
    bool sound;
    int fd;

    *out = (struct pvg_translation){0};
    name_of(key, name);
    fd = openat(cache->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    sound = read_entry(fd, key, out);
    if (sound) {
        futimens(fd, NULL); /* used now: the modification time orders the eviction */
    }
    close(fd);
    if (!sound) {
        unlinkat(cache->folder, name, 0);
    }
    return sound;
}

struct aged {
    char name[HEX_SIZE + 1];
    struct timespec used;
    uint64_t size;
};

static int older_first(const void *a, const void *b)
{
    const struct aged *x = a, *y = b;

    if (x->used.tv_sec != y->used.tv_sec) {
        return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
    }
    return (x->used.tv_nsec > y->used.tv_nsec) - (x->used.tv_nsec < y->used.tv_nsec);
}

/* An hour is more than any write takes: what is older was left by a process that died. */
static bool is_abandoned(const char *name, const struct stat *status)
{
    return g_str_has_prefix(name, SCRATCH) && status->st_mtim.tv_sec < time(NULL) - 3600;
}

/* Lists our files, and removes those left half-written. */
static uint64_t measure(int folder, GArray *entries)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", folder);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    uint64_t total = 0;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        struct stat status;
        struct aged entry;

        if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode)) {
            continue;
        }
        if (is_abandoned(name, &status)) {
            unlinkat(folder, name, 0);
            continue;
        }
        if (strlen(name) != HEX_SIZE) {
            continue;
        }
        g_strlcpy(entry.name, name, sizeof(entry.name));
        entry.used = status.st_mtim;
        entry.size = status.st_size;
        total += entry.size;
        g_array_append_val(entries, entry);
    }
    return total;
}

/* Removes the oldest entries until three quarters of the limit are left; returns what is there.
 * Another process at the same work is left to it. */
static uint64_t evict(struct pvg_shader_cache *cache)
{
    g_autoptr(GArray) entries = g_array_new(false, false, sizeof(struct aged));
    uint64_t total;

    if (flock(cache->folder, LOCK_EX | LOCK_NB) < 0) {
        return 0;
    }
    total = measure(cache->folder, entries);
    if (total > cache->limit) {
        g_array_sort(entries, older_first);
        for (guint i = 0; i < entries->len && total > cache->limit / 4 * 3; i++) {
            struct aged *entry = &g_array_index(entries, struct aged, i);

            unlinkat(cache->folder, entry->name, 0);
            total -= entry->size;
        }
    }
    flock(cache->folder, LOCK_UN);
    return total;
}

static void note_written(struct pvg_shader_cache *cache, uint64_t size)
{
    g_mutex_lock(&cache->lock);
    cache->added = MIN(cache->added, UINT64_MAX - size) + size;
    if (cache->added > cache->limit) {
        cache->added = evict(cache);
    }
    g_mutex_unlock(&cache->lock);
}

void pvg_shader_cache_write(struct pvg_shader_cache *cache, const struct pvg_shader_key *key,
                            const struct pvg_translation *translation)
{
    size_t size = pvg_translation_encoded_size(translation);
    g_autofree uint8_t *bytes = g_malloc(sizeof(struct header) + size);
    struct header *header = (struct header *)bytes;
    char name[HEX_SIZE + 1], scratch[32];
    bool whole;
    int fd;

    if (size > MAX_ENTRY) {
        return;
    }
    memcpy(header->magic, magic, sizeof(magic));
    memcpy(header->key, key->hash, sizeof(header->key));
    header->size = size;
    pvg_translation_encode(translation, bytes + sizeof(*header));
    sha256(bytes + sizeof(*header), size, header->payload);

    g_snprintf(scratch, sizeof(scratch), SCRATCH "%08x%08x", g_random_int(), g_random_int());
    fd = openat(cache->folder, scratch, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return;
    }
    name_of(key, name);
    whole = write_whole(fd, bytes, sizeof(*header) + size);
    close(fd);
    if (whole && renameat(cache->folder, scratch, cache->folder, name) == 0) {
        note_written(cache, sizeof(*header) + size);
    } else {
        unlinkat(cache->folder, scratch, 0);
    }
}

void pvg_shader_cache_destroy(struct pvg_shader_cache *cache)
{
    if (!cache) {
        return;
    }
    if (cache->folder >= 0) {
        close(cache->folder);
    }
    g_mutex_clear(&cache->lock);
    g_free(cache);
}

struct pvg_shader_cache *pvg_shader_cache_create(const char *folder, uint64_t limit,
                                                 struct pvg_error *error)
{
    PVG_AUTO(pvg_shader_cache) cache = g_new0(struct pvg_shader_cache, 1);
    g_autofree char *path =
        folder ? g_strdup(folder)
               : g_build_filename(g_get_user_cache_dir(), "vmapple", "shaders", NULL);

    g_mutex_init(&cache->lock);
    cache->limit = limit;
    cache->added = limit;
    cache->folder = -1;
    if (g_mkdir_with_parents(path, 0700) < 0) {
        pvg_error_set_errno(error, "cannot make the shader cache folder %s", path);
        return NULL;
    }
    cache->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cache->folder < 0) {
        pvg_error_set_errno(error, "cannot open the shader cache folder %s", path);
        return NULL;
    }
    return g_steal_pointer(&cache);
}
