/* SPDX-License-Identifier: MIT */
/* Translations on disk, one file each, named by the hash of all that went into it.
 *
 * Entries appear by rename, so two processes can share a folder; one that does not match its own
 * checksum is removed and reported as absent. The folder's size is kept under a bound by removing
 * the entries that were not used for longest. Only the device process writes here, and only what
 * passed the audit: the confined compiler has no file system. */
#ifndef PVG_SHADER_CACHE_H
#define PVG_SHADER_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include <pvg/error.h>

#include "base/attributes.h"
#include "shader/source.h"
#include "shader/translate.h"

struct pvg_shader_key {
    uint8_t hash[PVG_SHA256_SIZE];
};

/* Everything that decides the words: the source, the options (the device's features among them),
 * and the compiler's version. */
struct pvg_shader_key pvg_shader_key(const struct pvg_shader_source *source,
                                     const struct pvg_shader_options *options);

struct pvg_shader_cache;

/* Opens, and makes, the cache in @folder; NULL means vmapple/shaders under the user's XDG cache
 * folder. @limit is in bytes. Any thread may use it afterwards. NULL with @error on failure. */
struct pvg_shader_cache *pvg_shader_cache_create(const char *folder, uint64_t limit,
                                                 struct pvg_error *error);
void pvg_shader_cache_destroy(struct pvg_shader_cache *cache);
PVG_DEFINE_AUTO(pvg_shader_cache)

/* Reads an entry into @out, which the caller finishes, or returns false: absent or damaged. */
PVG_NODISCARD bool pvg_shader_cache_read(struct pvg_shader_cache *cache,
                                         const struct pvg_shader_key *key,
                                         struct pvg_translation *out);

/* Stores a translation. A full disk is not an error: the cache is then of less use. */
void pvg_shader_cache_write(struct pvg_shader_cache *cache, const struct pvg_shader_key *key,
                            const struct pvg_translation *translation);

/* Removes an entry that turned out to be of no use. */
void pvg_shader_cache_drop(struct pvg_shader_cache *cache, const struct pvg_shader_key *key);

#endif
