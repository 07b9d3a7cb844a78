/* SPDX-License-Identifier: MIT */
/* Compute pipelines: one for each group size, which Metal gives with the dispatch. */
#include <string.h>

#include "gpu/pipelines.h"

/* Group sizes and threadgroup lengths are the guest's numbers: beyond these it starts anew. */
#define MOST_VARIANTS 256

struct variant {
    struct pvg_compute_key key;
    VkPipeline handle; /* VK_NULL_HANDLE: it could not be built */
};

static guint key_hash(gconstpointer data)
{
    const struct pvg_compute_key *key = data;

    return key->group[0] * 31 + key->group[1] * 1021 + key->group[2] * 65521 + key->words[0];
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct pvg_compute_key)) == 0;
}

struct variants {
    struct pvg_vk *vk;
    GHashTable *table;
};

static void variants_free(void *data)
{
    struct variants *variants = data;
    struct pvg_vk *vk = variants->vk;
    GHashTableIter iterator;
    gpointer variant;

    g_hash_table_iter_init(&iterator, variants->table);
    while (g_hash_table_iter_next(&iterator, NULL, &variant)) {
        vk->fn.vkDestroyPipeline(vk->device, ((struct variant *)variant)->handle, NULL);
    }
    g_hash_table_unref(variants->table);
    g_free(variants);
}

/* Batches end in order: no earlier one uses them when @batch is done. */
static void retire_variants(struct pvg_compute_pipeline *pipeline, struct pvg_vk_batch *batch)
{
    const struct variants old = {pipeline->gpu->vk, pipeline->variants};

    pvg_vk_batch_keep(batch, variants_free, g_memdup2(&old, sizeof(old)));
    pipeline->variants = g_hash_table_new_full(key_hash, key_equal, NULL, g_free);
}

static void compute_pipeline_destroy(struct pvg_gpu_object *object)
{
    struct pvg_compute_pipeline *pipeline = (struct pvg_compute_pipeline *)object;
    struct pvg_vk *vk = pipeline->gpu->vk;
    const struct variants all = {vk, pipeline->variants};

    variants_free(g_memdup2(&all, sizeof(all)));
    pvg_stage_program_finish(vk, &pipeline->kernel);
    pvg_pipeline_layout_finish(vk, &pipeline->layout);
    g_free(pipeline);
}

/* Compiler thread, or the caller of pvg_compute_pipeline_create. */
static void compiled(struct pvg_shader *shader, void *user)
{
    struct pvg_compute_pipeline *pipeline = user;
    const struct pvg_stage_program *stages[] = {&pipeline->kernel};
    const bool ready =
        shader->translation.status == PVG_TRANSLATE_DONE &&
        pvg_stage_program_init(pipeline->gpu->vk, shader, &pipeline->kernel) &&
        pvg_pipeline_layout_init(pipeline->gpu, stages, G_N_ELEMENTS(stages), &pipeline->layout);

    if (shader->translation.status != PVG_TRANSLATE_DONE) {
        pvg_gpu_shader_failed(pipeline->gpu, shader);
    }
    atomic_store_explicit(&pipeline->state, ready ? PVG_PIPELINE_READY : PVG_PIPELINE_FAILED,
                          memory_order_release);
    pvg_gpu_pipeline_settled(pipeline->gpu);
    pvg_gpu_object_unref(&pipeline->base);
}

struct pvg_compute_pipeline *
pvg_compute_pipeline_create(struct pvg_gpu *gpu, const struct pvg_compute_description *description,
                            struct pvg_function *function)
{
    struct pvg_compute_pipeline *pipeline = g_new0(struct pvg_compute_pipeline, 1);
    g_autofree struct pvg_shader_options *options = g_new0(struct pvg_shader_options, 1);

    pvg_gpu_object_init(&pipeline->base, PVG_GPU_COMPUTE_PIPELINE, compute_pipeline_destroy);
    pipeline->gpu = gpu;
    pipeline->description = *description;
    pipeline->variants = g_hash_table_new_full(key_hash, key_equal, NULL, g_free);
    options->features = gpu->shader_features;
    options->heap_slots = gpu->heap_slots;
    options->stage = PVG_STAGE_KERNEL;
    options->threadgroup_limit = gpu->vk->properties.properties.limits.maxComputeSharedMemorySize;
    pvg_gpu_object_ref(&pipeline->base); /* until compiled() */
    pvg_compiler_submit(gpu->compiler, function->source, options, compiled, pipeline);
    return pipeline;
}

static VkPipeline build(struct pvg_compute_pipeline *pipeline, const struct pvg_compute_key *key)
{
    const struct pvg_shader_reflection *r = &pipeline->kernel.shader->translation.reflection;
    struct pvg_vk *vk = pipeline->gpu->vk;
    VkSpecializationMapEntry entries[3 + PVG_SHADER_BUFFERS];
    uint32_t values[3 + PVG_SHADER_BUFFERS];
    uint32_t count = 0;

    for (uint32_t i = 0; i < 3; i++, count++) {
        entries[count] = (VkSpecializationMapEntry){PVG_SPEC_LOCAL_X + i, count * 4, 4};
        values[count] = key->group[i];
    }
    for (uint32_t i = 0; i < r->threadgroup_count; i++, count++) {
        entries[count] = (VkSpecializationMapEntry){PVG_SPEC_THREADGROUP + r->threadgroups[i].index,
                                                    count * 4, 4};
        values[count] = key->words[r->threadgroups[i].index];
    }
    return pvg_kernel_build(vk, pipeline->kernel.module,
                            &(VkSpecializationInfo){count, entries, count * 4, values},
                            pipeline->layout.handle);
}

VkPipeline pvg_compute_pipeline_get(struct pvg_compute_pipeline *pipeline,
                                    const struct pvg_compute_key *key, struct pvg_vk_batch *batch)
{
    struct variant *variant = g_hash_table_lookup(pipeline->variants, key);

    if (!variant && g_hash_table_size(pipeline->variants) == MOST_VARIANTS) {
        retire_variants(pipeline, batch);
    }
    if (!variant) {
        variant = g_new0(struct variant, 1);
        variant->key = *key;
        variant->handle = build(pipeline, key);
        g_hash_table_insert(pipeline->variants, &variant->key, variant);
        pvg_count(pipeline->gpu->counts.variants, 1);
    }
    return variant->handle;
}
