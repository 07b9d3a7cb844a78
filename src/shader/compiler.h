/* SPDX-License-Identifier: MIT */
/* Compiles shader functions without making anyone wait: looks in memory, then on disk, then asks a
 * translator, in threads of its own; audits what comes back; tells the caller.
 *
 * What the guest's bytes do to the translator ends here: whatever happens to it, the caller gets a
 * shader or a typed refusal within the time limit, and the next request works. */
#ifndef PVG_SHADER_COMPILER_H
#define PVG_SHADER_COMPILER_H

#include <stdbool.h>
#include <stdint.h>

#include <pvg/error.h>

#include "base/attributes.h"
#include "shader/source.h"
#include "shader/translate.h"

/* ---- what the compiler is made of ---- */

struct pvg_compiler_settings;

/* Something that translates, one request at a time; each compiler thread has one of its own. */
struct pvg_translator {
    const struct pvg_translator_impl *impl;
};

struct pvg_translator_impl {
    const char *name;
    /* NULL with @error when it cannot be had: its requests then end as PVG_TRANSLATE_HOST. */
    struct pvg_translator *(*create)(const struct pvg_compiler_settings *settings,
                                     struct pvg_error *error);
    void (*destroy)(struct pvg_translator *translator);
    /* As pvg_translate(): fills @out whatever happens, within the settings' time limit. */
    void (*translate)(struct pvg_translator *translator,
                      const struct pvg_translate_request *request, struct pvg_translation *out);
};

/* pvg-airc, confined, in a process per thread. */
extern const struct pvg_translator_impl pvg_process_translator;
/* pvg_translate() itself, for tools and tests; lives with LLVM, not in libpvg. */
extern const struct pvg_translator_impl pvg_in_process_translator;

/* Starts pvg-airc for a process that is not allowed to; see pvg_gpu_worker_options. */
struct pvg_translator_launcher {
    bool (*start)(void *owner, int socket, int memory, uint64_t memory_limit, int *process,
                  struct pvg_error *error);
    void *owner;
};

/* Where pvg-airc is, to be freed: @wish, else $PVG_AIRC, else where it was installed or built. */
char *pvg_translator_path(const char *wish);

/* Zero means the default. The strings are borrowed for the call to create. */
struct pvg_compiler_settings {
    const struct pvg_translator_impl *translator; /* NULL: pvg_process_translator */
    const char *worker;       /* path of pvg-airc; NULL: $PVG_AIRC, else where it was installed */
    const struct pvg_translator_launcher *launcher; /* NULL: as a child; borrowed for good */
    uint32_t threads;         /* 2 */
    uint32_t time_limit;      /* milliseconds a request may take in the translator: 10000 */
    uint64_t memory_limit;    /* bytes of address space of a worker: 1 GiB */
    uint64_t memory_cache;    /* bytes of translations kept in memory: 64 MiB */
    const char *cache_folder; /* NULL: the user's own; "": no disk cache */
    uint64_t disk_cache;      /* bytes of translations kept on disk: 512 MiB */
};

/* ---- what it makes ---- */

/* A compiled function, or why there is none. Immutable and counted: any thread may hold one. */
struct pvg_shader {
    int references;                     /* pvg_shader_ref and _unref alone */
    struct pvg_translation translation; /* its words passed the audit */
};

struct pvg_shader *pvg_shader_ref(struct pvg_shader *shader);
void pvg_shader_unref(struct pvg_shader *shader); /* may be NULL */

/* ---- use ---- */

struct pvg_compiler;

/* Starts the threads; the translators start with the first request. */
struct pvg_compiler *pvg_compiler_create(const struct pvg_compiler_settings *settings,
                                         struct pvg_error *error);

/* Finishes the requests that are being translated; those still waiting end as PVG_TRANSLATE_HOST.
 * Every callback has been called when this returns. */
void pvg_compiler_destroy(struct pvg_compiler *compiler);
PVG_DEFINE_AUTO(pvg_compiler)

/* Borrows @shader for the call. */
typedef void pvg_compiled(struct pvg_shader *shader, void *user);

/* The shader if it is in memory, as a new reference, else NULL. Any thread; never waits for a
 * translation: microseconds. */
struct pvg_shader *pvg_compiler_find(struct pvg_compiler *compiler,
                                     const struct pvg_shader_source *source,
                                     const struct pvg_shader_options *options);

/* Calls @done once, from a compiler thread, or from this call when the shader is in memory. Any
 * thread; never waits for a translation. Requests for the same thing are translated once. */
void pvg_compiler_submit(struct pvg_compiler *compiler, struct pvg_shader_source *source,
                         const struct pvg_shader_options *options, pvg_compiled *done, void *user);

/* Submits and waits, for tools and tests. The caller unrefs the result, which is never NULL. */
struct pvg_shader *pvg_compiler_compile(struct pvg_compiler *compiler,
                                        struct pvg_shader_source *source,
                                        const struct pvg_shader_options *options);

/* Since creation. */
struct pvg_compiler_statistics {
    uint64_t memory_hits, disk_hits, translations;
    uint64_t refusals; /* translations that ended without a module */
    uint64_t
        rejected; /* modules that failed the audit: a translator that is broken, or taken over */
};

struct pvg_compiler_statistics pvg_compiler_statistics(struct pvg_compiler *compiler);

#endif
