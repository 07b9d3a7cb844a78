/* SPDX-License-Identifier: MIT */
/* One translation from start to end, and its only way out when something is refused. */
#include "shader/translator/translator.h"

#include <stdarg.h>
#include <string.h>

#include "shader/spirv_tools.h"

void *keep(struct translator *t, size_t size)
{
    void *memory = g_malloc0(size ? size : 1);

    g_ptr_array_add(t->kept, memory);
    return memory;
}

GArray *keep_array(struct translator *t, size_t element_size)
{
    GArray *array = g_array_new(FALSE, TRUE, (guint)element_size);

    g_ptr_array_add(t->kept_arrays, array);
    return array;
}

const char *keep_text(struct translator *t, const char *text, size_t length)
{
    char *copy = keep(t, length + 1);

    memcpy(copy, text, length);
    return copy;
}

void refuse(struct translator *t, enum pvg_translate_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_vsnprintf(t->out->reason, sizeof(t->out->reason), format, args);
    va_end(args);
    t->out->status = status;
    longjmp(t->refused, 1);
}

bool has(struct translator *t, enum pvg_shader_feature_bit bit)
{
    return t->options->features >> bit & 1;
}

void need(struct translator *t, enum pvg_shader_feature_bit bit, const char *why)
{
    t->reflection->features |= UINT64_C(1) << bit;
    if (!has(t, bit)) {
        t->out->missing = UINT64_C(1) << bit;
        refuse(t, PVG_TRANSLATE_FEATURE, "%s: needs %s", why, pvg_shader_feature_words(bit));
    }
}

static void release(struct translator *t)
{
    spirv_finish(&t->spirv);
    g_hash_table_unref(t->values);
    g_hash_table_unref(t->pointers);
    g_hash_table_unref(t->root_of);
    g_hash_table_unref(t->builtins);
    g_hash_table_unref(t->interpolants);
    g_hash_table_unref(t->indices);
    g_ptr_array_unref(t->roots);
    g_ptr_array_unref(t->textures);
    g_hash_table_unref(t->heap_textures);
    g_ptr_array_unref(t->kept_pointer_arrays);
    g_ptr_array_unref(t->kept_tables);
    g_ptr_array_unref(t->kept_arrays);
    g_ptr_array_unref(t->kept);
    module_release(t);
}

static void prepare(struct translator *t)
{
    spirv_init(&t->spirv);
    t->values = g_hash_table_new(NULL, NULL);
    t->pointers = g_hash_table_new(NULL, NULL);
    t->root_of = g_hash_table_new(NULL, NULL);
    t->builtins = g_hash_table_new(NULL, NULL);
    t->interpolants = g_hash_table_new(NULL, NULL);
    t->indices = g_hash_table_new(NULL, NULL);
    t->roots = g_ptr_array_new();
    t->textures = g_ptr_array_new();
    t->heap_textures = g_hash_table_new(NULL, NULL);
    t->kept_pointer_arrays = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    t->kept_tables = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    t->kept_arrays = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    t->kept = g_ptr_array_new_with_free_func(g_free);
    t->function = spirv_id(&t->spirv);
}

/* Nanoseconds since the last call, in @slot. */
static void lap(struct pvg_translation *out, int64_t *start, unsigned slot)
{
    int64_t now = g_get_monotonic_time();

    out->nanoseconds[slot] = (uint64_t)(now - *start) * 1000;
    *start = now;
}

static void describe(struct translator *t)
{
    struct pvg_shader_reflection *r = t->reflection;

    r->stage = t->entry.stage;
    r->set = resource_set(t);
    r->max_group_threads = t->entry.max_group_threads;
    g_strlcpy(r->entry, t->entry.name, sizeof(r->entry));
    resource_report(t);
}

static void validate(struct translator *t)
{
    spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_3);
    spv_const_binary_t binary = {t->out->words, t->out->word_count};
    spv_diagnostic diagnostic = NULL;
    spv_validator_options options = spvValidatorOptionsCreate();
    spv_result_t result;

    result = spvValidateWithOptions(context, options, &binary, &diagnostic);
    if (result != SPV_SUCCESS) {
        g_strlcpy(t->out->reason, diagnostic ? diagnostic->error : "validation failed",
                  sizeof(t->out->reason));
        t->out->status = PVG_TRANSLATE_INVALID;
    }
    spvDiagnosticDestroy(diagnostic);
    spvValidatorOptionsDestroy(options);
    spvContextDestroy(context);
}

static void translate(struct translator *t, const struct pvg_translate_request *request)
{
    int64_t start = g_get_monotonic_time();

    module_read(t, request->air, request->air_size);
    module_admit(t);
    lap(t->out, &start, 0);
    metadata_read_entry(t, request->entry);
    passes_run(t);
    lap(t->out, &start, 1);
    function_emit(t);
    stage_declare(t);
    describe(t);
    t->out->words = spirv_assemble(&t->spirv, stage_model(t),
                                   ((struct block *)t->graph->entry)->label, t->function,
                                   &t->out->word_count);
    if (t->out->word_count > PVG_SHADER_MAX_WORDS) {
        refuse(t, PVG_TRANSLATE_LIMIT, "more than %u words of SPIR-V", PVG_SHADER_MAX_WORDS);
    }
    lap(t->out, &start, 2);
    if (!t->options->skip_validation) {
        validate(t);
    }
    lap(t->out, &start, 3);
}

void pvg_translate(const struct pvg_translate_request *request, struct pvg_translation *out)
{
    struct translator *t = g_new0(struct translator, 1);

    *out = (struct pvg_translation){0};
    t->out = out;
    t->options = request->options;
    t->reflection = &out->reflection;
    prepare(t);
    if (setjmp(t->refused) == 0) {
        if (!pvg_shader_options_are_sound(request->options)) {
            refuse(t, PVG_TRANSLATE_METADATA, "options out of range");
        }
        translate(t, request);
    }
    release(t);
    g_free(t);
    if (out->status != PVG_TRANSLATE_DONE) {
        g_clear_pointer(&out->words, g_free);
        out->word_count = 0;
        out->reflection = (struct pvg_shader_reflection){0};
    }
}

size_t pvg_air_entries(const void *air, size_t air_size, struct pvg_air_entry *entries,
                       size_t capacity, char *reason)
{
    struct pvg_translation out = {0};
    struct pvg_shader_options options = {0};
    struct translator *t = g_new0(struct translator, 1);
    volatile size_t count = 0; /* kept across the jump of a refusal */

    t->out = &out;
    t->options = &options;
    t->reflection = &out.reflection;
    prepare(t);
    if (setjmp(t->refused) == 0) {
        module_read(t, air, air_size);
        count = metadata_list_entries(t->module, entries, capacity);
        if (count == 0) {
            g_strlcpy(out.reason, "no entry points", sizeof(out.reason));
        }
    }
    memcpy(reason, out.reason, sizeof(out.reason));
    release(t);
    g_free(t);
    return count;
}
