/* SPDX-License-Identifier: MIT */
/* The queue, the threads and the memory cache in front of a translator. */
#include "shader/compiler.h"

#include <assert.h>
#include <string.h>

#include <glib.h>

#include "shader/audit.h"
#include "shader/cache.h"
#include "shader/validate.h"

#define DEFAULT_THREADS      2u
#define DEFAULT_TIME_LIMIT   10000u
#define DEFAULT_MEMORY_LIMIT (UINT64_C(1) << 30)
#define DEFAULT_MEMORY_CACHE (UINT64_C(64) << 20)
#define DEFAULT_DISK_CACHE   (UINT64_C(512) << 20)

/* ---- shaders ---- */

void pvg_shader_unref(struct pvg_shader *shader)
{
    if (shader && g_atomic_int_dec_and_test(&shader->references)) {
        pvg_translation_finish(&shader->translation);
        g_free(shader);
    }
}

struct pvg_shader *pvg_shader_ref(struct pvg_shader *shader)
{
    g_atomic_int_inc(&shader->references);
    return shader;
}

static uint64_t shader_weight(const struct pvg_shader *shader)
{
    return sizeof(*shader) + sizeof(uint32_t) * (uint64_t)shader->translation.word_count;
}

/* ---- requests and the results kept in memory: one table for both ---- */

struct waiter {
    pvg_compiled *done;
    void *user;
    struct waiter *next;
};

/* A thing asked for: being made while it has no shader, kept for later ones once it has. */
struct job {
    struct pvg_shader_source *source;
    struct pvg_shader_options options;
    guint hash;
    struct pvg_shader *shader; /* NULL while it is made */
    struct waiter *waiters;    /* while it is made */
    GList link;                /* in compiler->used, once made */
};

/* The options are long and mostly zero; a few words spread well enough, and the table compares all
 * of them. Sources are known by their hash. */
static guint job_hash(const void *key)
{
    return ((const struct job *)key)->hash;
}

static guint hash_of(const struct pvg_shader_source *source,
                     const struct pvg_shader_options *options)
{
    guint hash;

    memcpy(&hash, source->hash, sizeof(hash));
    hash = hash * 31 + g_str_hash(source->entry);
    hash = hash * 31 + (guint)(options->features ^ options->features >> 32);
    for (unsigned i = 0; i < PVG_SHADER_COLOURS; i++) {
        hash = hash * 31 + options->colour_class[i];
    }
    return hash * 31 + options->stage;
}

static gboolean job_equal(const void *a, const void *b)
{
    const struct job *x = a, *y = b;

    return x->hash == y->hash && !memcmp(x->source->hash, y->source->hash, PVG_SHA256_SIZE) &&
           !strcmp(x->source->entry, y->source->entry) &&
           !memcmp(&x->options, &y->options, sizeof(x->options));
}

static void job_free(void *data)
{
    struct job *job = data;

    assert(!job->waiters);
    pvg_shader_source_unref(job->source);
    pvg_shader_unref(job->shader);
    g_free(job);
}

struct pvg_compiler {
    const struct pvg_translator_impl *impl;
    struct pvg_compiler_settings settings;
    char *worker;
    struct pvg_shader_cache *disk; /* NULL: none */
    GThread **threads;
    uint32_t thread_count;

    GMutex lock; /* of all below */
    GCond work;  /* a job was queued, or stopping was set */
    bool stopping;
    GHashTable *jobs; /* struct job: owned */
    GQueue waiting;   /* struct job: to be made, first come first served */
    GQueue used;      /* struct job.link: made, the last used first */
    uint64_t weight;  /* bytes of the made ones */
    struct pvg_compiler_statistics statistics;
};

/* ---- making ---- */

static void refuse(struct pvg_translation *out, enum pvg_translate_status status,
                   const char *reason)
{
    pvg_translation_finish(out);
    *out = (struct pvg_translation){.status = status};
    g_strlcpy(out->reason, reason, sizeof(out->reason));
}

/* What is not sound in what a translator said is not used, and not believed in part. */
static bool admit(struct pvg_translation *translation, const struct pvg_shader_options *options)
{
    struct pvg_error error = {0};
    gint64 start;

    if (translation->status != PVG_TRANSLATE_DONE) {
        return true;
    }
    if (!pvg_shader_audit(translation, options, &error)) {
        refuse(translation, PVG_TRANSLATE_INVALID, error.message);
        return false;
    }
    start = g_get_monotonic_time();
    if (!options->skip_validation &&
        !pvg_shader_validate(translation->words, translation->word_count, &error)) {
        refuse(translation, PVG_TRANSLATE_INVALID, error.message);
        return false;
    }
    translation->nanoseconds[3] = 1000 * (g_get_monotonic_time() - start);
    return true;
}

static bool read_from_disk(struct pvg_compiler *compiler, const struct pvg_shader_key *key,
                           const struct pvg_shader_options *options, struct pvg_translation *out)
{
    if (!compiler->disk || !pvg_shader_cache_read(compiler->disk, key, out)) {
        return false;
    }
    if (out->status == PVG_TRANSLATE_DONE && pvg_shader_audit(out, options, NULL)) {
        return true; /* it was validated before it was written */
    }
    pvg_translation_finish(out);
    pvg_shader_cache_drop(compiler->disk, key);
    return false;
}

/* A compiler thread's own. */
struct maker {
    struct pvg_compiler *compiler;
    struct pvg_translator *translator; /* NULL until first needed */
};

static void translate(struct maker *maker, const struct job *job, struct pvg_translation *out)
{
    struct pvg_shader_options options = job->options;
    const struct pvg_translate_request request = {
        .air = job->source->bitcode,
        .air_size = job->source->bitcode_size,
        .entry = *job->source->entry ? job->source->entry : NULL,
        .options = &options,
    };
    struct pvg_compiler *compiler = maker->compiler;
    struct pvg_error error = {0};

    options.skip_validation = 1; /* admit() does it, on this side */
    if (!maker->translator) {
        maker->translator = compiler->impl->create(&compiler->settings, &error);
    }
    if (!maker->translator) {
        refuse(out, PVG_TRANSLATE_HOST, error.message);
        return;
    }
    compiler->impl->translate(maker->translator, &request, out);
}

/* Makes the shader of @job; the caller owns the reference. Called without the lock. */
static struct pvg_shader *make(struct maker *maker, const struct job *job,
                               struct pvg_compiler_statistics *counts)
{
    struct pvg_compiler *compiler = maker->compiler;
    struct pvg_shader *shader = g_new0(struct pvg_shader, 1);
    struct pvg_shader_key key = {0};

    shader->references = 1;
    if (compiler->disk) {
        key = pvg_shader_key(job->source, &job->options);
    }
    if (read_from_disk(compiler, &key, &job->options, &shader->translation)) {
        counts->disk_hits++;
        return shader;
    }
    translate(maker, job, &shader->translation);
    counts->translations++;
    if (!admit(&shader->translation, &job->options)) {
        counts->rejected++;
    }
    if (shader->translation.status != PVG_TRANSLATE_DONE) {
        counts->refusals++;
    } else if (compiler->disk) {
        pvg_shader_cache_write(compiler->disk, &key, &shader->translation);
    }
    return shader;
}

/* ---- the lock is held below, as far as the names say ---- */

static void touch_locked(struct pvg_compiler *compiler, struct job *job)
{
    g_queue_unlink(&compiler->used, &job->link);
    g_queue_push_head_link(&compiler->used, &job->link);
}

static void forget_locked(struct pvg_compiler *compiler, struct job *job)
{
    g_queue_unlink(&compiler->used, &job->link);
    compiler->weight -= shader_weight(job->shader);
    g_hash_table_remove(compiler->jobs, job);
}

/* A host that could not run the compiler may be able to do so later: that is not kept. */
static void keep_locked(struct pvg_compiler *compiler, struct job *job, struct pvg_shader *shader)
{
    job->shader = shader;
    job->link.data = job;
    g_queue_push_head_link(&compiler->used, &job->link);
    compiler->weight += shader_weight(shader);
    if (shader->translation.status == PVG_TRANSLATE_HOST) {
        forget_locked(compiler, job);
        return;
    }
    while (compiler->weight > compiler->settings.memory_cache && compiler->used.length > 1) {
        forget_locked(compiler, compiler->used.tail->data);
    }
}

static void count_locked(struct pvg_compiler *compiler, const struct pvg_compiler_statistics *by)
{
    compiler->statistics.disk_hits += by->disk_hits;
    compiler->statistics.translations += by->translations;
    compiler->statistics.refusals += by->refusals;
    compiler->statistics.rejected += by->rejected;
}

/* Ends @job with @shader, whose reference it takes. Enters and leaves with the lock held, and lets
 * go of it to call the waiters. */
static void finish_locked(struct pvg_compiler *compiler, struct job *job, struct pvg_shader *shader)
{
    struct waiter *waiters = g_steal_pointer(&job->waiters);

    pvg_shader_ref(shader);
    keep_locked(compiler, job, shader);
    g_mutex_unlock(&compiler->lock);
    while (waiters) {
        struct waiter *waiter = waiters;

        waiters = waiter->next;
        waiter->done(shader, waiter->user);
        g_free(waiter);
    }
    pvg_shader_unref(shader);
    g_mutex_lock(&compiler->lock);
}

static void *compile_main(void *data)
{
    struct maker maker = {.compiler = data};
    struct pvg_compiler *compiler = data;

    g_mutex_lock(&compiler->lock);
    for (;;) {
        struct pvg_compiler_statistics counts = {0};
        struct pvg_shader *shader;
        struct job *job;

        while (!compiler->stopping && !compiler->waiting.length) {
            g_cond_wait(&compiler->work, &compiler->lock);
        }
        if (compiler->stopping) {
            break;
        }
        job = g_queue_pop_head(&compiler->waiting);
        g_mutex_unlock(&compiler->lock);
        shader = make(&maker, job, &counts);
        g_mutex_lock(&compiler->lock);
        count_locked(compiler, &counts);
        finish_locked(compiler, job, shader);
    }
    g_mutex_unlock(&compiler->lock);
    if (maker.translator) {
        compiler->impl->destroy(maker.translator);
    }
    return NULL;
}

/* ---- public ---- */

static struct job *look_up_locked(struct pvg_compiler *compiler,
                                  const struct pvg_shader_source *source,
                                  const struct pvg_shader_options *options)
{
    struct job probe;

    probe.source = (struct pvg_shader_source *)source;
    probe.options = *options;
    probe.hash = hash_of(source, options);
    return g_hash_table_lookup(compiler->jobs, &probe);
}

struct pvg_shader *pvg_compiler_find(struct pvg_compiler *compiler,
                                     const struct pvg_shader_source *source,
                                     const struct pvg_shader_options *options)
{
    struct pvg_shader *shader = NULL;
    struct job *job;

    g_mutex_lock(&compiler->lock);
    job = look_up_locked(compiler, source, options);
    if (job && job->shader) {
        shader = pvg_shader_ref(job->shader);
        touch_locked(compiler, job);
        compiler->statistics.memory_hits++;
    }
    g_mutex_unlock(&compiler->lock);
    return shader;
}

static struct job *queue_locked(struct pvg_compiler *compiler, struct pvg_shader_source *source,
                                const struct pvg_shader_options *options)
{
    struct job *job = g_new0(struct job, 1);

    job->source = pvg_shader_source_ref(source);
    job->options = *options;
    job->hash = hash_of(source, options);
    g_hash_table_add(compiler->jobs, job);
    g_queue_push_tail(&compiler->waiting, job);
    g_cond_signal(&compiler->work);
    return job;
}

void pvg_compiler_submit(struct pvg_compiler *compiler, struct pvg_shader_source *source,
                         const struct pvg_shader_options *options, pvg_compiled *done, void *user)
{
    struct pvg_shader *shader = pvg_compiler_find(compiler, source, options);
    struct waiter *waiter;
    struct job *job;

    if (!shader) {
        g_mutex_lock(&compiler->lock);
        job = look_up_locked(compiler, source, options);
        if (job && job->shader) { /* made since we looked */
            shader = pvg_shader_ref(job->shader);
        } else {
            if (!job) {
                job = queue_locked(compiler, source, options);
            }
            waiter = g_new(struct waiter, 1);
            *waiter = (struct waiter){done, user, job->waiters};
            job->waiters = waiter;
        }
        g_mutex_unlock(&compiler->lock);
    }
    if (shader) {
        done(shader, user);
        pvg_shader_unref(shader);
    }
}

struct wait {
    GMutex lock;
    GCond changed;
    struct pvg_shader *shader;
};

static void stop_waiting(struct pvg_shader *shader, void *user)
{
    struct wait *wait = user;

    g_mutex_lock(&wait->lock);
    wait->shader = pvg_shader_ref(shader);
    g_cond_signal(&wait->changed);
    g_mutex_unlock(&wait->lock);
}

struct pvg_shader *pvg_compiler_compile(struct pvg_compiler *compiler,
                                        struct pvg_shader_source *source,
                                        const struct pvg_shader_options *options)
{
    struct wait wait = {0};

    g_mutex_init(&wait.lock);
    g_cond_init(&wait.changed);
    pvg_compiler_submit(compiler, source, options, stop_waiting, &wait);
    g_mutex_lock(&wait.lock);
    while (!wait.shader) {
        g_cond_wait(&wait.changed, &wait.lock);
    }
    g_mutex_unlock(&wait.lock);
    g_mutex_clear(&wait.lock);
    g_cond_clear(&wait.changed);
    return wait.shader;
}

struct pvg_compiler_statistics pvg_compiler_statistics(struct pvg_compiler *compiler)
{
    struct pvg_compiler_statistics statistics;

    g_mutex_lock(&compiler->lock);
    statistics = compiler->statistics;
    g_mutex_unlock(&compiler->lock);
    return statistics;
}

static void refuse_waiting(struct pvg_compiler *compiler)
{
    struct job *job;

    g_mutex_lock(&compiler->lock);
    while ((job = g_queue_pop_head(&compiler->waiting))) {
        struct pvg_shader *shader = g_new0(struct pvg_shader, 1);

        shader->references = 1;
        refuse(&shader->translation, PVG_TRANSLATE_HOST, "the compiler is being shut down");
        finish_locked(compiler, job, shader);
    }
    g_mutex_unlock(&compiler->lock);
}

void pvg_compiler_destroy(struct pvg_compiler *compiler)
{
    if (!compiler) {
        return;
    }
    g_mutex_lock(&compiler->lock);
    compiler->stopping = true;
    g_cond_broadcast(&compiler->work);
    g_mutex_unlock(&compiler->lock);
    for (uint32_t i = 0; i < compiler->thread_count; i++) {
        g_thread_join(compiler->threads[i]);
    }
    refuse_waiting(compiler);
    g_hash_table_destroy(compiler->jobs);
    pvg_shader_cache_destroy(compiler->disk);
    g_mutex_clear(&compiler->lock);
    g_cond_clear(&compiler->work);
    g_free(compiler->threads);
    g_free(compiler->worker);
    g_free(compiler);
}

static void fill_defaults(struct pvg_compiler_settings *settings)
{
    settings->translator = settings->translator ?: &pvg_process_translator;
    settings->threads = settings->threads ?: DEFAULT_THREADS;
    settings->time_limit = settings->time_limit ?: DEFAULT_TIME_LIMIT;
    settings->memory_limit = settings->memory_limit ?: DEFAULT_MEMORY_LIMIT;
    settings->memory_cache = settings->memory_cache ?: DEFAULT_MEMORY_CACHE;
    settings->disk_cache = settings->disk_cache ?: DEFAULT_DISK_CACHE;
}

struct pvg_compiler *pvg_compiler_create(const struct pvg_compiler_settings *settings,
                                         struct pvg_error *error)
{
    PVG_AUTO(pvg_compiler) compiler = g_new0(struct pvg_compiler, 1);
    const char *folder = settings->cache_folder;

    g_mutex_init(&compiler->lock);
    g_cond_init(&compiler->work);
    g_queue_init(&compiler->waiting);
    g_queue_init(&compiler->used);
    compiler->jobs = g_hash_table_new_full(job_hash, job_equal, job_free, NULL);
    compiler->settings = *settings;
    fill_defaults(&compiler->settings);
    compiler->impl = compiler->settings.translator;
    compiler->worker = g_strdup(settings->worker);
    compiler->settings.worker = compiler->worker;
    compiler->settings.cache_folder = NULL;
    if (!folder || *folder) {
        compiler->disk = pvg_shader_cache_create(folder, compiler->settings.disk_cache, error);
        if (!compiler->disk) {
            return NULL;
        }
    }
    compiler->threads = g_new0(GThread *, compiler->settings.threads);
    for (uint32_t i = 0; i < compiler->settings.threads; i++) {
        compiler->threads[i] = g_thread_try_new("pvg-shader", compile_main, compiler, NULL);
        if (!compiler->threads[i]) {
            pvg_error_set(error, "cannot start a thread that compiles shaders");
            return NULL;
        }
        compiler->thread_count++;
    }
    return g_steal_pointer(&compiler);
}
