/* SPDX-License-Identifier: MIT */
/* Threads take turns: one runs until it meets the others, then the next. What it posts there stays
 * readable until the meeting after the next, so nobody overwrites what a slower thread still reads. */
#include "group.h"

#include <glib.h>
#include <math.h>
#include <string.h>
#include <ucontext.h>

#include "runner.h"

#define MAX_THREADS 1024
#define STACK       (128u << 10)

struct lane {
    ucontext_t context;
    void *stack;
    uint64_t posted[2];
    unsigned meetings;
    bool done;
};

static struct {
    struct lane lanes[MAX_THREADS];
    ucontext_t scheduler;
    void (*thread)(void *const *bound, uint32_t position);
    void *const *bound;
    uint32_t threads, width, current;
} group;

static void lane_main(void)
{
    group.thread(group.bound, group.current);
    group.lanes[group.current].done = true;
    swapcontext(&group.lanes[group.current].context, &group.scheduler);
}

static void lane_init(struct lane *lane)
{
    memset(lane, 0, sizeof(*lane));
    lane->stack = g_malloc(STACK);
    getcontext(&lane->context);
    lane->context.uc_stack.ss_sp = lane->stack;
    lane->context.uc_stack.ss_size = STACK;
    makecontext(&lane->context, lane_main, 0);
}

void group_run(void (*thread)(void *const *, uint32_t), void *const *bound, uint32_t threads,
               uint32_t width)
{
    bool running = true;

    group.thread = thread;
    group.bound = bound;
    group.threads = MIN(threads, MAX_THREADS);
    group.width = width;
    for (uint32_t i = 0; i < group.threads; i++) {
        lane_init(&group.lanes[i]);
    }
    while (running) {
        running = false;
        for (group.current = 0; group.current < group.threads; group.current++) {
            struct lane *lane = &group.lanes[group.current];

            if (!lane->done) {
                swapcontext(&group.scheduler, &lane->context);
                running = true;
            }
        }
    }
    for (uint32_t i = 0; i < group.threads; i++) {
        g_free(group.lanes[i].stack);
    }
}

/* Waits until all have come; then posted() is what each brought. */
static unsigned meet(uint64_t value)
{
    struct lane *lane = &group.lanes[group.current];
    unsigned meeting = lane->meetings++;

    lane->posted[meeting & 1] = value;
    swapcontext(&lane->context, &group.scheduler);
    return meeting;
}

static uint64_t posted(unsigned meeting, uint32_t thread)
{
    return group.lanes[thread].posted[meeting & 1];
}

static void barrier(int flags, int scope)
{
    (void)flags;
    (void)scope;
    (void)meet(0);
}

/* ---- SIMD groups and quads ---- */

static uint32_t as_bits(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, 4);
    return bits;
}

static float as_float(uint64_t bits)
{
    uint32_t word = (uint32_t)bits;
    float x;

    memcpy(&x, &word, 4);
    return x;
}

/* @size lanes from the first of this thread's own group, combined; @all: of all, else of those up
 * to this one, with or without it. */
enum extent { ALL, UP_TO, BEFORE };

#define COMBINE(name, type, from, to, start, expression, size, extent)                             \
    static type name(type mine)                                                                    \
    {                                                                                              \
        unsigned at = meet(from(mine));                                                            \
        uint32_t me = group.current, first = me / (size) * (size);                                 \
        uint32_t end = MIN(first + (size), group.threads);                                         \
        type result = start;                                                                       \
                                                                                                   \
        end = (extent) == ALL ? end : (extent) == UP_TO ? me + 1 : me;                             \
        for (uint32_t i = first; i < end; i++) {                                                   \
            type x = (type)to(posted(at, i));                                                      \
                                                                                                   \
            result = expression;                                                                   \
        }                                                                                          \
        return result;                                                                             \
    }
#define SAME(x) (x)
#define WORD(x) ((uint32_t)(x))
COMBINE(sum_u, uint32_t, SAME, SAME, 0, result + x, group.width, ALL)
COMBINE(product_u, uint32_t, SAME, SAME, 1, result *x, group.width, ALL)
COMBINE(min_u, uint32_t, SAME, SAME, UINT32_MAX, MIN(result, x), group.width, ALL)
COMBINE(max_u, uint32_t, SAME, SAME, 0, MAX(result, x), group.width, ALL)
COMBINE(min_s, int32_t, WORD, SAME, INT32_MAX, MIN(result, x), group.width, ALL)
COMBINE(max_s, int32_t, WORD, SAME, INT32_MIN, MAX(result, x), group.width, ALL)
COMBINE(and_u, uint32_t, SAME, SAME, UINT32_MAX, result &x, group.width, ALL)
COMBINE(or_u, uint32_t, SAME, SAME, 0, result | x, group.width, ALL)
COMBINE(xor_u, uint32_t, SAME, SAME, 0, result ^ x, group.width, ALL)
COMBINE(inclusive_u, uint32_t, SAME, SAME, 0, result + x, group.width, UP_TO)
COMBINE(exclusive_u, uint32_t, SAME, SAME, 0, result + x, group.width, BEFORE)
COMBINE(sum_f, float, as_bits, as_float, 0, result + x, group.width, ALL)
COMBINE(min_f, float, as_bits, as_float, INFINITY, fminf(result, x), group.width, ALL)
COMBINE(max_f, float, as_bits, as_float, -INFINITY, fmaxf(result, x), group.width, ALL)
COMBINE(quad_sum_u, uint32_t, SAME, SAME, 0, result + x, 4u, ALL)
COMBINE(quad_max_u, uint32_t, SAME, SAME, 0, MAX(result, x), 4u, ALL)
COMBINE(quad_and_u, uint32_t, SAME, SAME, UINT32_MAX, result &x, 4u, ALL)
COMBINE(quad_inclusive_u, uint32_t, SAME, SAME, 0, result + x, 4u, UP_TO)
COMBINE(quad_exclusive_u, uint32_t, SAME, SAME, 0, result + x, 4u, BEFORE)
COMBINE(quad_inclusive_product_u, uint32_t, SAME, SAME, 1, result *x, 4u, UP_TO)
COMBINE(quad_exclusive_product_u, uint32_t, SAME, SAME, 1, result *x, 4u, BEFORE)

static uint32_t pick(uint32_t value, uint32_t lane, uint32_t size)
{
    unsigned at = meet(value);

    return (uint32_t)posted(at, group.current / size * size + lane % size);
}

static uint32_t my_lane(uint32_t size)
{
    return group.current % size;
}

static uint32_t shuffle(uint32_t v, uint16_t lane)
{
    return pick(v, lane, group.width);
}

static uint32_t shuffle_xor(uint32_t v, uint16_t mask)
{
    return pick(v, my_lane(group.width) ^ mask, group.width);
}

static uint32_t shuffle_up(uint32_t v, uint16_t n)
{
    return pick(v, my_lane(group.width) + group.width - n, group.width);
}

static uint32_t shuffle_down(uint32_t v, uint16_t n)
{
    return pick(v, my_lane(group.width) + n, group.width);
}

static uint32_t broadcast_first(uint32_t v)
{
    return pick(v, 0, group.width);
}

static uint32_t quad_broadcast(uint32_t v, uint16_t lane)
{
    return pick(v, lane, 4);
}

static uint32_t quad_xor(uint32_t v, uint16_t mask)
{
    return pick(v, my_lane(4) ^ mask, 4);
}

static uint32_t quad_broadcast_first(uint32_t v)
{
    return pick(v, 0, 4);
}

/* Within parts of @modulo lanes, from @n lanes below or above; @fill's where the part ends. */
static uint32_t fill_up(uint32_t data, uint32_t fill, uint32_t n, uint32_t modulo, uint32_t size)
{
    uint32_t lane = my_lane(size), part = lane % modulo, base = lane - part;
    uint32_t of_data = pick(data, base + (part + modulo - n) % modulo, size);
    uint32_t of_fill = pick(fill, base + (part + modulo - n) % modulo, size);

    return part >= n ? of_data : of_fill;
}

static uint32_t fill_down(uint32_t data, uint32_t fill, uint32_t n, uint32_t modulo, uint32_t size)
{
    uint32_t lane = my_lane(size), part = lane % modulo, base = lane - part;
    uint32_t of_data = pick(data, base + (part + n) % modulo, size);
    uint32_t of_fill = pick(fill, base + (part + n) % modulo, size);

    return part + n < modulo ? of_data : of_fill;
}

static uint32_t simd_fill_up(uint32_t data, uint32_t fill, uint16_t n, uint16_t modulo)
{
    return fill_up(data, fill, n, modulo, group.width);
}

static uint32_t simd_fill_down(uint32_t data, uint32_t fill, uint16_t n, uint16_t modulo)
{
    return fill_down(data, fill, n, modulo, group.width);
}

static uint32_t quad_fill_up(uint32_t data, uint32_t fill, uint16_t n, uint16_t modulo)
{
    return fill_up(data, fill, n, modulo, 4);
}

static uint32_t quad_fill_down(uint32_t data, uint32_t fill, uint16_t n, uint16_t modulo)
{
    return fill_down(data, fill, n, modulo, 4);
}

static uint64_t mask_of(bool v, uint32_t size)
{
    unsigned at = meet(v);
    uint32_t first = group.current / size * size;
    uint64_t bits = 0;

    for (uint32_t i = 0; i < size && first + i < group.threads; i++) {
        bits |= posted(at, first + i) << i;
    }
    return bits;
}

static uint64_t ballot(bool v)
{
    return mask_of(v, group.width);
}

static bool simd_all(bool v)
{
    return !ballot(!v);
}

static bool simd_any(bool v)
{
    return ballot(v) != 0;
}

static uint64_t quad_ballot(bool v)
{
    return mask_of(v, 4);
}

static bool quad_all(bool v)
{
    return !quad_ballot(!v);
}

static bool quad_any(bool v)
{
    return quad_ballot(v) != 0;
}

static bool quad_is_first(void)
{
    return my_lane(4) == 0;
}

/* ---- Atomics: threads take turns, so plain arithmetic is atomic ---- */

#define ATOMIC(name, type, expression)                                                             \
    static type name(type *at, type x, int order, int scope, bool is_volatile)                     \
    {                                                                                              \
        type old = *at;                                                                            \
                                                                                                   \
        (void)order, (void)scope, (void)is_volatile;                                               \
        *at = expression;                                                                          \
        return old;                                                                                \
    }
ATOMIC(atomic_add, uint32_t, old + x)
ATOMIC(atomic_sub, uint32_t, old - x)
ATOMIC(atomic_and, uint32_t, old &x)
ATOMIC(atomic_or, uint32_t, old | x)
ATOMIC(atomic_xor, uint32_t, old ^ x)
ATOMIC(atomic_min_u, uint32_t, MIN(old, x))
ATOMIC(atomic_max_u, uint32_t, MAX(old, x))
ATOMIC(atomic_min_s, int32_t, MIN(old, x))
ATOMIC(atomic_max_s, int32_t, MAX(old, x))
ATOMIC(atomic_add_f, float, old + x)

/* ---- Textures of four floats ---- */

typedef float float4 __attribute__((vector_size(16)));
typedef float float2 __attribute__((vector_size(8)));
typedef uint32_t uint2 __attribute__((vector_size(8)));

static float4 *texel_at(const struct runner_texture *t, int64_t x, int64_t y)
{
    return (float4 *)t->texels + y * t->width + x;
}

static float4 read_2d(const struct runner_texture *t, uint2 at, int level, int access)
{
    (void)level, (void)access;
    return at[0] < t->width && at[1] < t->height ? *texel_at(t, at[0], at[1]) : (float4){0};
}

/* Samplers are words of the module, or 0: nearest, clamped to the edge. Spec: 70-air 6. */
#define PIXEL_COORDINATES (1u << 15)

static float4 texel_clamped(const struct runner_texture *t, int64_t x, int64_t y)
{
    return *texel_at(t, CLAMP(x, 0, (int64_t)t->width - 1), CLAMP(y, 0, (int64_t)t->height - 1));
}

static float2 in_texels(const struct runner_texture *t, uintptr_t sampler, float2 at)
{
    return sampler & PIXEL_COORDINATES ? at : at * (float2){t->width, t->height};
}

static float4 sample_2d(const struct runner_texture *t, uintptr_t sampler, float2 at, bool enabled,
                        uint2 offset, bool control, float level)
{
    float2 texel = in_texels(t, sampler, at);

    (void)control, (void)level;
    return texel_clamped(t, (int64_t)floorf(texel[0]) + (enabled ? (int32_t)offset[0] : 0),
                         (int64_t)floorf(texel[1]) + (enabled ? (int32_t)offset[1] : 0));
}

/* The four texels around @at, counter-clockwise from the lower left, y down. */
static float4 gather_2d(const struct runner_texture *t, uintptr_t sampler, float2 at, bool enabled,
                        uint2 offset, int component, int access)
{
    float2 texel = in_texels(t, sampler, at) - 0.5f;
    int64_t x = (int64_t)floorf(texel[0]) + (enabled ? (int32_t)offset[0] : 0);
    int64_t y = (int64_t)floorf(texel[1]) + (enabled ? (int32_t)offset[1] : 0);

    (void)access;
    return (float4){texel_clamped(t, x, y + 1)[component], texel_clamped(t, x + 1, y + 1)[component],
                    texel_clamped(t, x + 1, y)[component], texel_clamped(t, x, y)[component]};
}

static void write_2d(const struct runner_texture *t, uint2 at, float4 value, int level, int access)
{
    (void)level, (void)access;
    if (at[0] < t->width && at[1] < t->height) {
        *texel_at(t, at[0], at[1]) = value;
    }
}

static uint32_t width_2d(const struct runner_texture *t, int level)
{
    (void)level;
    return t->width;
}

static const struct {
    const char *name;
    void *function;
} functions[] = {
    {"air.wg.barrier", barrier},
    {"air.simdgroup.barrier", barrier},
    {"air.simd_sum.u.i32", sum_u},
    {"air.simd_product.u.i32", product_u},
    {"air.simd_min.u.i32", min_u},
    {"air.simd_max.u.i32", max_u},
    {"air.simd_min.s.i32", min_s},
    {"air.simd_max.s.i32", max_s},
    {"air.simd_and.u.i32", and_u},
    {"air.simd_or.u.i32", or_u},
    {"air.simd_xor.u.i32", xor_u},
    {"air.simd_prefix_inclusive_sum.u.i32", inclusive_u},
    {"air.simd_prefix_exclusive_sum.u.i32", exclusive_u},
    {"air.simd_sum.f32", sum_f},
    {"air.simd_min.f32", min_f},
    {"air.simd_max.f32", max_f},
    {"air.simd_shuffle.u.i32", shuffle},
    {"air.simd_broadcast.u.i32", shuffle},
    {"air.simd_shuffle_xor.u.i32", shuffle_xor},
    {"air.simd_shuffle_up.u.i32", shuffle_up},
    {"air.simd_shuffle_down.u.i32", shuffle_down},
    {"air.simd_broadcast_first.u.i32", broadcast_first},
    {"air.simd_ballot.i64", ballot},
    {"air.simd_all", simd_all},
    {"air.simd_any", simd_any},
    {"air.quad_sum.u.i32", quad_sum_u},
    {"air.quad_max.u.i32", quad_max_u},
    {"air.quad_and.u.i32", quad_and_u},
    {"air.simd_shuffle_and_fill_up.u.i32", simd_fill_up},
    {"air.simd_shuffle_and_fill_down.u.i32", simd_fill_down},
    {"air.quad_shuffle_and_fill_up.u.i32", quad_fill_up},
    {"air.quad_shuffle_and_fill_down.u.i32", quad_fill_down},
    {"air.quad_prefix_inclusive_sum.u.i32", quad_inclusive_u},
    {"air.quad_prefix_exclusive_sum.u.i32", quad_exclusive_u},
    {"air.quad_prefix_inclusive_product.u.i32", quad_inclusive_product_u},
    {"air.quad_prefix_exclusive_product.u.i32", quad_exclusive_product_u},
    {"air.quad_broadcast_first.u.i32", quad_broadcast_first},
    {"air.quad_ballot.i64", quad_ballot},
    {"air.quad_all", quad_all},
    {"air.quad_any", quad_any},
    {"air.quad_is_first", quad_is_first},
    {"air.quad_broadcast.u.i32", quad_broadcast},
    {"air.quad_shuffle_xor.u.i32", quad_xor},
    {"air.atomic.global.add.u.i32", atomic_add},
    {"air.atomic.global.sub.u.i32", atomic_sub},
    {"air.atomic.global.and.u.i32", atomic_and},
    {"air.atomic.global.or.u.i32", atomic_or},
    {"air.atomic.global.xor.u.i32", atomic_xor},
    {"air.atomic.global.min.u.i32", atomic_min_u},
    {"air.atomic.global.max.u.i32", atomic_max_u},
    {"air.atomic.global.min.s.i32", atomic_min_s},
    {"air.atomic.global.max.s.i32", atomic_max_s},
    {"air.atomic.global.add.f32", atomic_add_f},
    {"air.atomic.local.add.u.i32", atomic_add},
    {"air.atomic.local.max.u.i32", atomic_max_u},
    {"air.atomic.local.xor.u.i32", atomic_xor},
    {"air.read_texture_2d.v4f32", read_2d},
    {"air.sample_texture_2d.v4f32", sample_2d},
    {"air.gather_texture_2d.v4f32", gather_2d},
    {"air.write_texture_2d.v4f32", write_2d},
    {"air.get_width_texture_2d", width_2d},
};

void *group_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (!strcmp(functions[i].name, name)) {
            return functions[i].function;
        }
    }
    return NULL;
}
