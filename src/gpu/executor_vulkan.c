/* SPDX-License-Identifier: MIT */
/* The executor on Vulkan: takes submissions, parks those whose pipelines are still being compiled,
 * and answers for what the device asks about. The work itself is in run.c and the encoders. */
#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "gpu/answers.h"
#include "gpu/event.h"
#include "gpu/handles.h"
#include "gpu/heaps.h"
#include "gpu/pipelines.h"
#include "gpu/prepare.h"
#include "gpu/present.h"
#include "gpu/run.h"
#include "gpu/saved_textures.h"
#include "gpu/table.h"
#include "wire/packets.h"

#define QUIESCE_US 2000000 /* how long the VM waits at most: stop, reset, save, RAM that goes */

static struct pvg_gpu *gpu_of(struct pvg_executor *executor)
{
    struct pvg_gpu *gpu = (struct pvg_gpu *)executor;

    assert(!strcmp(executor->impl->name, "vulkan"));
    return gpu;
}

static void hear_vulkan(void *user, enum pvg_vk_severity severity, const char *text)
{
    const struct pvg_gpu *gpu = user;

    pvg_log_line(gpu->base.setup.log, severity == PVG_VK_INFO ? PVG_LOG_INFO : PVG_LOG_WARNING,
                 "Vulkan: %s", text);
}

/* ---- The host's side: made at the start, and again after a loss. ---- */

static void host_close(struct pvg_gpu *gpu)
{
    if (!gpu->vk) {
        return;
    }
    pvg_vk_queue_destroy(gpu->queue); /* returns when all was reported */
    pvg_tables_finish(gpu);
    atomic_store(&gpu->closing, true);
    pvg_compiler_destroy(gpu->compiler); /* pipelines may still be on their way */
    g_clear_pointer(&gpu->events, g_hash_table_unref);
    pvg_sampler_cache_finish(&gpu->samplers);
    pvg_kernels_finish(&gpu->kernels);
    pvg_fetch_passes_finish(&gpu->fetch_passes);
    pvg_host_formats_finish(&gpu->formats);
    pvg_vk_destroy(gpu->vk);
    gpu->queue = NULL;
    gpu->compiler = NULL;
    gpu->vk = NULL;
}

static bool host_open(struct pvg_gpu *gpu, struct pvg_error *error)
{
    g_autofree char *cache = g_build_filename(g_get_user_cache_dir(), "vmapple", NULL);
    const struct pvg_vk_options options = {
        .gpu = gpu->base.setup.gpu,
        .cache_folder = cache,
        .validate = g_getenv("PVG_VULKAN_VALIDATION") != NULL,
        /* What a GPU reads by itself nobody can record. */
        .no_import = g_getenv("PVG_VULKAN_NO_IMPORT") || gpu->memory->ram.tape,
        .message = hear_vulkan,
        .user = gpu,
    };

    gpu->vk = pvg_vk_create(&options, error);
    if (!gpu->vk) {
        return false;
    }
    gpu->queue = pvg_vk_queue_create(gpu->vk, error);
    atomic_store(&gpu->landed, 0); /* its serials begin anew */
    atomic_store(&gpu->closing, false);
    gpu->compiler = gpu->queue ? pvg_compiler_create(&gpu->compiler_settings, error) : NULL;
    pvg_host_formats_init(&gpu->formats, gpu->vk);
    pvg_sampler_cache_init(&gpu->samplers, gpu->vk);
    pvg_kernels_init(&gpu->kernels, gpu->vk);
    pvg_fetch_passes_init(&gpu->fetch_passes, gpu->vk);
    gpu->shader_features = pvg_shader_features_of(gpu->vk);
    gpu->heap_slots = gpu->shader_features & PVG_SHADER_FEATURE(DESCRIPTOR_INDEXING)
                          ? pvg_heap_slots_of(gpu->vk)
                          : 0;
    pvg_tables_init(gpu);
    gpu->events = pvg_events_new();
    gpu->generation++;
    return gpu->queue && gpu->compiler;
}

void pvg_gpu_shader_failed(struct pvg_gpu *gpu, const struct pvg_shader *shader)
{
    if (atomic_load(&gpu->closing)) { /* nobody wants it any more; nothing is wrong with it */
        return;
    }
    pvg_refusals_note(gpu->base.setup.refusals, PVG_REFUSED_SHADER,
                      &(struct pvg_refusal_site){.what = "shader"});
    pvg_log_line(gpu->base.setup.log, PVG_LOG_WARNING, "a shader was not translated: %s: %s",
                 pvg_translate_status_words(shader->translation.status),
                 shader->translation.reason);
}

void pvg_gpu_pipeline_settled(struct pvg_gpu *gpu)
{
    gpu->base.setup.wake(gpu->base.setup.user);
}

/* ---- Submissions ---- */

static void vulkan_prepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    pvg_gpu_prepare(gpu_of(executor), submission);
}

static void vulkan_unprepare(struct pvg_executor *executor, struct pvg_submission *submission)
{
    pvg_gpu_unprepare(gpu_of(executor), submission);
}

/* Calls @visit for the images that a guest may mean by @ref: a texture's, and a surface's of the
 * same number (20-memory 11.3). */
static void visit_images(struct pvg_gpu *gpu, struct pvg_space space, uint32_t ref,
                         void (*visit)(void *ctx, struct pvg_image *image), void *ctx)
{
    struct pvg_gpu_object *object = ref ? pvg_table_peek(gpu, space, ref) : NULL;

    if (object && object->kind == PVG_GPU_TEXTURE && ((struct pvg_texture *)object)->image) {
        visit(ctx, ((struct pvg_texture *)object)->image);
    }
    for (unsigned plane = 0; ref && plane < PVG_SURFACE_PLANES_MAX; plane++) {
        struct pvg_image *image = pvg_table_surface_image(gpu, ref, plane);

        if (image) {
            visit(ctx, image);
        }
    }
}

static void make_stale(void *ctx, struct pvg_image *image)
{
    image->stale = true;
    image->owed = 0; /* older than what the guest wrote: 20-memory 11.6 R7 */
}

/* A set clear_host says that the guest has written: the next use uploads. */
static void claim(struct pvg_gpu *gpu, struct pvg_space space, uint32_t ref,
                  const struct pvg_wire_validity *validity)
{
    if (validity->clear_host) {
        visit_images(gpu, space, ref, make_stale, NULL);
    }
}

static void start(struct pvg_gpu *gpu, struct pvg_submission *submission)
{
    for (uint32_t i = 0; i < submission->resources.count; i++) {
        struct pvg_wire_exec_resource resource =
            pvg_wire_exec_resource_at(submission->resources, i);

        claim(gpu, submission->space, resource.object, &resource.validity);
    }
    pvg_gpu_run_submission(gpu, submission);
}

/* Whether an earlier submission of the same task is parked: a task's work keeps its order. */
static bool must_queue(struct pvg_gpu *gpu, const struct pvg_submission *submission)
{
    for (GList *at = gpu->parked.head; at; at = at->next) {
        if (((struct pvg_submission *)at->data)->space.serial == submission->space.serial) {
            return true;
        }
    }
    return false;
}

/* The device is gone: what ran was completed as HOST_DEVICE; a new one starts empty, and the guest
 * goes on. A GPU that was given up may still be at work: until it is not, there is no other. */
static bool recover(struct pvg_gpu *gpu)
{
    struct pvg_error error = {0};

    if (gpu->vk && !pvg_vk_queue_is_idle(gpu->queue)) {
        return false;
    }
    pvg_count(gpu->counts.device_losses, 1);
    pvg_log_line(gpu->base.setup.log, PVG_LOG_WARNING,
                 "the GPU was lost; textures that only it held are lost with it");
    pvg_gpu_drop_prepared(gpu);
    host_close(gpu);
    if (!host_open(gpu, &error)) {
        pvg_log_line(gpu->base.setup.log, PVG_LOG_WARNING, "the GPU did not come back: %s",
                     error.message);
        host_close(gpu);
        return false;
    }
    return true;
}

static void vulkan_submit(struct pvg_executor *executor, struct pvg_submission *submission)
{
    struct pvg_gpu *gpu = gpu_of(executor);

    if ((!gpu->vk || pvg_vk_lost(gpu->vk)) && !recover(gpu)) {
        pvg_work_complete(&submission->work, PVG_REFUSED_HOST_DEVICE);
        return;
    }
    pvg_gpu_prepare_again(gpu, submission);
    if (pvg_gpu_is_prepared(submission) && !must_queue(gpu, submission)) {
        start(gpu, submission);
    } else {
        g_queue_push_tail(&gpu->parked, submission);
    }
}

static void vulkan_resume(struct pvg_executor *executor)
{
    struct pvg_gpu *gpu = gpu_of(executor);
    GQueue waiting = gpu->parked;
    struct pvg_submission *submission;

    g_queue_init(&gpu->parked);
    while ((submission = g_queue_pop_head(&waiting))) {
        vulkan_submit(executor, submission); /* parks it again, in order, if it must */
    }
}

static void vulkan_invalidate(struct pvg_executor *executor, struct pvg_space space,
                              struct pvg_wire_invalidation_array objects)
{
    struct pvg_gpu *gpu = gpu_of(executor);

    for (uint32_t i = 0; gpu->vk && i < objects.count; i++) {
        struct pvg_wire_invalidation one = pvg_wire_invalidation_at(objects, i);

        claim(gpu, space, one.object, &one.validity);
    }
}

/* ---- Waiting for what runs ---- */

static void work_done(void *user, VkResult result)
{
    pvg_work_complete(user, result == VK_SUCCESS ? PVG_ACCEPTED : PVG_REFUSED_HOST_DEVICE);
}

/* Completes @work when all that was submitted before is complete: an empty batch behind it. */
static void complete_in_turn(struct pvg_gpu *gpu, struct pvg_work *work)
{
    struct pvg_vk_batch *batch = gpu->vk && work ? pvg_vk_batch_begin(gpu->queue) : NULL;

    if (batch) {
        pvg_vk_batch_submit(batch, work_done, work);
    } else {
        pvg_work_complete(work, PVG_ACCEPTED);
    }
}

static void add_image(void *images, struct pvg_image *image)
{
    g_ptr_array_add(images, image);
}

static void vulkan_synchronize(struct pvg_executor *executor, struct pvg_space space,
                               struct pvg_wire_u32_array objects, bool discard,
                               struct pvg_work *work)
{
    struct pvg_gpu *gpu = gpu_of(executor);
    g_autoptr(GPtrArray) images = g_ptr_array_new();

    if (!gpu->vk) {
        pvg_work_complete(work, PVG_ACCEPTED);
        return;
    }
    for (uint32_t i = 0; i < objects.count; i++) {
        visit_images(gpu, space, pvg_wire_u32_at(objects, i), add_image, images);
    }
    pvg_gpu_write_back(gpu, images, work);
}

static bool vulkan_present(struct pvg_executor *executor, struct pvg_present *present)
{
    struct pvg_gpu *gpu = gpu_of(executor);

    return gpu->vk && pvg_gpu_present(gpu, present);
}

static enum pvg_gpu_object_kind kind_of(uint32_t destroy_kind)
{
    switch (destroy_kind) {
    case PVG_WIRE_DESTROY_KIND_DEPTH_STENCIL:
        return PVG_GPU_DEPTH_STENCIL;
    case PVG_WIRE_DESTROY_KIND_SAMPLER:
        return PVG_GPU_SAMPLER;
    case PVG_WIRE_DESTROY_KIND_FUNCTION:
        return PVG_GPU_FUNCTION;
    case PVG_WIRE_DESTROY_KIND_COMPUTE_PIPELINE:
        return PVG_GPU_COMPUTE_PIPELINE;
    case PVG_WIRE_DESTROY_KIND_RENDER_PIPELINE:
        return PVG_GPU_RENDER_PIPELINE;
    default: /* kinds of which nothing is kept */
        return PVG_GPU_FENCE;
    }
}

static void vulkan_forget(struct pvg_executor *executor, const struct pvg_forget *what,
                          struct pvg_work *work)
{
    struct pvg_gpu *gpu = gpu_of(executor);
    struct pvg_gpu_object *object;

    if (!gpu->vk) {
        pvg_work_complete(work, PVG_ACCEPTED);
        return;
    }
    switch (what->kind) {
    case PVG_FORGET_TASK:
        pvg_table_forget_space(gpu, what->space);
        pvg_events_forget_space(gpu->events, what->space);
        pvg_handles_forget_task(gpu, what->space.task);
        break;
    case PVG_FORGET_OBJECT:
        pvg_table_forget(gpu, what->space, what->ref);
        pvg_handles_forget(gpu, what->space.task, what->ref);
        break;
    case PVG_FORGET_STATE:
        object = pvg_table_peek(gpu, what->space, what->ref);
        if (object && object->kind == kind_of(what->object_kind)) {
            pvg_table_forget(gpu, what->space, what->ref);
            pvg_handles_forget(gpu, what->space.task, what->ref);
        }
        break;
    case PVG_FORGET_RANGE: /* a buffer whose pages went is made anew at its next use, if it has one
                            */
        break;
    case PVG_FORGET_SURFACE:
        pvg_table_forget_surface(gpu, what->ref);
        break;
    }
    if (work) {
        complete_in_turn(gpu, work);
    } else if (what->kind == PVG_FORGET_TASK) {
        /* The session is over: the next one's memory must not be written by this one's work. */
        pvg_vk_queue_drain_within(gpu->queue, QUIESCE_US);
    }
}

static void vulkan_ram_removed(struct pvg_executor *executor, uint64_t gpa, uint64_t size)
{
    struct pvg_gpu *gpu = gpu_of(executor);

    if (gpu->vk) {
        pvg_vk_queue_drain_within(gpu->queue, QUIESCE_US);
        pvg_table_forget_ram(gpu, gpa, size);
    }
}

static void vulkan_quiesce(struct pvg_executor *executor)
{
    struct pvg_gpu *gpu = gpu_of(executor);
    const gint64 begun = g_get_monotonic_time();
    struct pvg_submission *submission;

    while ((submission = g_queue_peek_head(&gpu->parked)) &&
           submission->session == pvg_ram_session(&gpu->memory->ram) &&
           g_get_monotonic_time() < begun + QUIESCE_US / 2) {
        g_usleep(1000); /* its pipelines are being compiled */
        vulkan_resume(executor);
    }
    while ((submission = g_queue_pop_head(&gpu->parked))) {
        pvg_work_complete(&submission->work, PVG_REFUSED_HOST_DEVICE);
    }
    if (gpu->vk) {
        const gint64 left = begun + QUIESCE_US - g_get_monotonic_time();

        pvg_vk_queue_drain_within(gpu->queue, MAX(left, QUIESCE_US / 2));
    }
}

static void vulkan_save(struct pvg_executor *executor, struct pvg_saver *saver)
{
    struct pvg_gpu *gpu = gpu_of(executor);
    g_autoptr(GPtrArray) images = g_ptr_array_new();

    if (gpu->vk) {
        pvg_table_owing(gpu, images);
        pvg_gpu_write_back(gpu, images, NULL);
        pvg_vk_queue_drain_within(gpu->queue, QUIESCE_US);
    }
    pvg_saved_textures_save(gpu, saver);
    pvg_handles_save(gpu, saver);
}

static enum pvg_refusal vulkan_restore(struct pvg_executor *executor, struct pvg_cursor *from)
{
    struct pvg_gpu *gpu = gpu_of(executor);
    enum pvg_refusal why = pvg_saved_textures_restore(gpu, from);

    return why == PVG_ACCEPTED ? pvg_handles_restore(gpu, from) : why;
}

static void vulkan_reset(struct pvg_executor *executor)
{
    struct pvg_gpu *gpu = gpu_of(executor);

    if (gpu->vk) {
        g_hash_table_remove_all(gpu->tables);
        g_hash_table_remove_all(gpu->surfaces);
        g_hash_table_remove_all(gpu->events);
    }
    g_hash_table_remove_all(gpu->saved);
    pvg_handles_forget_all(gpu);
}

static void vulkan_limit(struct pvg_executor *executor, uint32_t values[PVG_DEVICE_INFO_KEYS])
{
    pvg_gpu_limit(gpu_of(executor), values);
}

static void vulkan_compute_info(struct pvg_executor *executor, struct pvg_compute_query *query)
{
    pvg_gpu_compute_info(gpu_of(executor), query);
}

/* ---- Life ---- */

static void vulkan_destroy(struct pvg_executor *executor)
{
    struct pvg_gpu *gpu = gpu_of(executor);

    vulkan_quiesce(executor);
    if (gpu->vk && gpu->queue && pvg_vk_lost(gpu->vk) && !pvg_vk_queue_is_idle(gpu->queue)) {
        pvg_log_line(gpu->base.setup.log, PVG_LOG_WARNING,
                     "the GPU does not come to an end with its work: what it holds is left to it");
        return;
    }
    host_close(gpu);
    pvg_saved_textures_finish(gpu);
    pvg_handles_forget_all(gpu);
    g_hash_table_unref(gpu->prepared);
    g_mutex_clear(&gpu->prepared_lock);
    g_free(gpu);
}

static const struct pvg_executor_impl vulkan_impl = {
    .name = "vulkan",
    .destroy = vulkan_destroy,
    .limit = vulkan_limit,
    .prepare = vulkan_prepare,
    .submit = vulkan_submit,
    .resume = vulkan_resume,
    .unprepare = vulkan_unprepare,
    .invalidate = vulkan_invalidate,
    .synchronize = vulkan_synchronize,
    .present = vulkan_present,
    .forget = vulkan_forget,
    .compute_info = vulkan_compute_info,
    .quiesce = vulkan_quiesce,
    .reset = vulkan_reset,
    .save = vulkan_save,
    .restore = vulkan_restore,
    .ram_removed = vulkan_ram_removed,
};

static void add_counters(struct pvg_gpu *gpu, struct pvg_counters *counters)
{
    struct pvg_gpu_counters *c = &gpu->counts;

    c->submissions = pvg_counters_add(counters, "gpu.submissions");
    c->draws = pvg_counters_add(counters, "gpu.draws");
    c->dispatches = pvg_counters_add(counters, "gpu.dispatches");
    c->copies = pvg_counters_add(counters, "gpu.copies");
    c->passes = pvg_counters_add(counters, "gpu.passes");
    c->barriers = pvg_counters_add(counters, "gpu.barriers");
    c->uploaded = pvg_counters_add(counters, "gpu.uploaded-bytes");
    c->written_back = pvg_counters_add(counters, "gpu.written-back-bytes");
    c->buffers_in_place = pvg_counters_add(counters, "gpu.buffers-in-place");
    c->buffers_copied = pvg_counters_add(counters, "gpu.buffers-copied");
    c->presents = pvg_counters_add(counters, "gpu.presents");
    c->shown = pvg_counters_add(counters, "gpu.shown-bytes");
    c->skipped = pvg_counters_add(counters, "gpu.skipped");
    c->variants = pvg_counters_add(counters, "gpu.pipelines-built-late");
    c->event_waits_passed = pvg_counters_add(counters, "gpu.event-waits-passed");
    c->not_saved = pvg_counters_add(counters, "gpu.textures-not-saved");
    c->device_losses = pvg_counters_add(counters, "gpu.device-losses");
}

struct pvg_executor *pvg_executor_vulkan_create(const struct pvg_executor_setup *setup,
                                                struct pvg_error *error)
{
    struct pvg_gpu *gpu = g_new0(struct pvg_gpu, 1);

    assert(setup->wake);
    pvg_executor_init(&gpu->base, &vulkan_impl, setup);
    gpu->memory = setup->memory;
    gpu->compiler_settings.translator = setup->translator;
    gpu->compiler_settings.launcher = setup->launcher;
    g_queue_init(&gpu->parked);
    g_mutex_init(&gpu->prepared_lock);
    gpu->prepared = g_hash_table_new(NULL, NULL);
    pvg_saved_textures_init(gpu);
    add_counters(gpu, setup->counters);
    if (!host_open(gpu, error)) {
        vulkan_destroy(&gpu->base);
        return NULL;
    }
    return &gpu->base;
}
