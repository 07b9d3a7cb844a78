/* SPDX-License-Identifier: MIT */
/* Copies, names and hashes a shader function. */
#include "shader/source.h"

#include <glib.h>

void pvg_shader_source_unref(struct pvg_shader_source *source)
{
    if (source && g_atomic_int_dec_and_test(&source->references)) {
        g_free(source->entry);
        g_free(source->bitcode);
        g_free(source);
    }
}

struct pvg_shader_source *pvg_shader_source_ref(struct pvg_shader_source *source)
{
    g_atomic_int_inc(&source->references);
    return source;
}

struct pvg_shader_source *pvg_shader_source_new(const struct pvg_metallib_function *function,
                                                const char *entry)
{
    struct pvg_shader_source *source = g_new0(struct pvg_shader_source, 1);
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize hash_size = sizeof(source->hash);

    source->references = 1;
    source->type = function->type;
    source->entry = g_strdup(entry ? entry : function->name);
    source->bitcode = g_memdup2(function->bitcode, function->bitcode_size);
    source->bitcode_size = function->bitcode_size;
    g_checksum_update(sum, source->bitcode, source->bitcode_size);
    g_checksum_get_digest(sum, source->hash, &hash_size);
    g_checksum_free(sum);
    return source;
}

enum pvg_refusal pvg_shader_source_from_blob(const void *bytes, size_t size,
                                             struct pvg_shader_source **out)
{
    struct pvg_metallib library;
    enum pvg_refusal refusal = pvg_metallib_init(&library, bytes, size);

    *out = NULL;
    if (refusal) {
        return refusal;
    }
    if (library.count != 1) {
        refusal = PVG_REFUSED_COUNT;
    } else {
        *out = pvg_shader_source_new(&library.functions[0], NULL);
    }
    pvg_metallib_finish(&library);
    return refusal;
}
