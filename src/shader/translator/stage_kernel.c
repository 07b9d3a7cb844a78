/* SPDX-License-Identifier: MIT */
/* Thread and grid facts of kernels, object and mesh functions. Dispatches of one grid may be split
 * into boxes, so positions are made of the group's and the nominal size. Spec: 70-air 5.8, 10.8;
 * 02-errata-gpu 2.3. */
#include "shader/translator/translator.h"

/* Facts are wanted with one to three components: so many are computed. */

static uint32_t type_of(struct translator *t, unsigned n)
{
    return spirv_vector(&t->spirv, u32_type(t), n);
}

static uint32_t together(struct translator *t, const uint32_t *parts, unsigned n)
{
    return n == 1 ? parts[0]
                  : spirv_emit(&t->spirv, SpvOpCompositeConstruct, type_of(t, n), parts, n);
}

static uint32_t pushed(struct translator *t, unsigned byte, unsigned n)
{
    uint32_t parts[3];

    for (unsigned i = 0; i < n; i++) {
        parts[i] = resource_push(t, byte + 4 * i);
    }
    return together(t, parts, n);
}

static uint32_t builtin(struct translator *t, SpvBuiltIn which, unsigned n)
{
    return stage_fit(t, stage_load_builtin(t, which, type_of(t, 3)), type_of(t, n), false);
}

static uint32_t local_size(struct translator *t, unsigned n)
{
    uint32_t parts[3];

    for (unsigned i = 0; i < n; i++) {
        parts[i] = stage_local_size(t, i);
    }
    return together(t, parts, n);
}

/* Zeroes are pushed where only the GPU knows the grid: the arguments of an indirect dispatch. */
static uint32_t pushed_or(struct translator *t, uint32_t offset, uint32_t own, unsigned n)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t value = pushed(t, offset, n);
    uint32_t none = spirv_op(b, SpvOpIEqual, spirv_vector(b, spirv_bool(b), n), value,
                             spirv_null(b, type_of(t, n)));

    return spirv_op(b, SpvOpSelect, type_of(t, n), none, own, value);
}

/* Object and mesh functions have a grid of their own: what Vulkan says of it is all there is. */
static bool is_kernel(const struct translator *t)
{
    return t->entry.stage == PVG_STAGE_KERNEL;
}

static uint32_t nominal_group(struct translator *t, unsigned n)
{
    return is_kernel(t) ? pushed(t, PVG_PUSH_NOMINAL_GROUP, n) : local_size(t, n);
}

static uint32_t groups_in_grid(struct translator *t, unsigned n)
{
    uint32_t own = builtin(t, SpvBuiltInNumWorkgroups, n);

    return is_kernel(t) ? pushed_or(t, PVG_PUSH_GRID_GROUPS, own, n) : own;
}

static uint32_t threads_in_grid(struct translator *t, unsigned n)
{
    uint32_t own = spirv_op(&t->spirv, SpvOpIMul, type_of(t, n),
                            builtin(t, SpvBuiltInNumWorkgroups, n), nominal_group(t, n));

    return is_kernel(t) ? pushed_or(t, PVG_PUSH_GRID_THREADS, own, n) : own;
}

static uint32_t group_position(struct translator *t, unsigned n)
{
    uint32_t own = builtin(t, SpvBuiltInWorkgroupId, n);

    return is_kernel(t) ? spirv_op(&t->spirv, SpvOpIAdd, type_of(t, n), own,
                                   pushed(t, PVG_PUSH_FIRST_GROUP, n))
                        : own;
}

static uint32_t grid_position(struct translator *t, unsigned n)
{
    uint32_t start = spirv_op(&t->spirv, SpvOpIMul, type_of(t, n), group_position(t, n),
                              nominal_group(t, n));

    return spirv_op(&t->spirv, SpvOpIAdd, type_of(t, n), start,
                    builtin(t, SpvBuiltInLocalInvocationId, n));
}

static uint32_t product(struct translator *t, uint32_t vector)
{
    uint32_t result = 0;

    for (uint32_t i = 0; i < 3; i++) {
        uint32_t part = spirv_op(&t->spirv, SpvOpCompositeExtract, u32_type(t), vector, i);

        result = result ? u32_mul(t, result, part) : part;
    }
    return result;
}

static uint32_t subgroup_fact(struct translator *t, SpvBuiltIn which)
{
    spirv_capability(&t->spirv, SpvCapabilityGroupNonUniform);
    t->reflection->flags |= PVG_SHADER_USES_SUBGROUPS;
    return stage_load_builtin(t, which, u32_type(t));
}

static uint32_t groups_of(struct translator *t, uint32_t threads, uint32_t size)
{
    struct spirv_builder *b = &t->spirv;
    uint32_t sum = spirv_op(b, SpvOpIAdd, u32_type(t), threads, size);

    sum = spirv_op(b, SpvOpISub, u32_type(t), sum, u32_constant(t, 1));
    return spirv_op(b, SpvOpUDiv, u32_type(t), sum, size);
}

static uint32_t quad_index(struct translator *t)
{
    uint32_t lane = subgroup_fact(t, SpvBuiltInSubgroupLocalInvocationId);
    uint32_t width = subgroup_fact(t, SpvBuiltInSubgroupSize);
    uint32_t group = subgroup_fact(t, SpvBuiltInSubgroupId);

    return u32_add(t, u32_shr(t, lane, 2), u32_mul(t, group, u32_shr(t, width, 2)));
}

static uint32_t fact(struct translator *t, struct argument *a, unsigned n)
{
    uint32_t threads;

    switch ((int)a->kind) {
    case ARGUMENT_THREAD_POSITION_IN_GRID:
        return grid_position(t, n);
    case ARGUMENT_THREAD_POSITION_IN_THREADGROUP:
        return builtin(t, SpvBuiltInLocalInvocationId, n);
    case ARGUMENT_THREADGROUP_POSITION_IN_GRID:
        return group_position(t, n);
    case ARGUMENT_THREADS_PER_GRID:
    case ARGUMENT_GRID_SIZE:
        return threads_in_grid(t, n);
    case ARGUMENT_GRID_ORIGIN:
        return spirv_null(&t->spirv, type_of(t, n));
    case ARGUMENT_THREADGROUPS_PER_GRID:
        return groups_in_grid(t, n);
    case ARGUMENT_THREADS_PER_THREADGROUP:
        return local_size(t, n);
    case ARGUMENT_DISPATCH_THREADS_PER_THREADGROUP:
        return nominal_group(t, n);
    case ARGUMENT_THREAD_INDEX_IN_THREADGROUP:
        return stage_load_builtin(t, SpvBuiltInLocalInvocationIndex, u32_type(t));
    case ARGUMENT_THREAD_INDEX_IN_SIMDGROUP:
        return subgroup_fact(t, SpvBuiltInSubgroupLocalInvocationId);
    case ARGUMENT_SIMDGROUP_INDEX_IN_THREADGROUP:
        return subgroup_fact(t, SpvBuiltInSubgroupId);
    case ARGUMENT_SIMDGROUPS_PER_THREADGROUP:
        return subgroup_fact(t, SpvBuiltInNumSubgroups);
    case ARGUMENT_DISPATCH_SIMDGROUPS_PER_THREADGROUP:
        threads = product(t, nominal_group(t, 3));
        return groups_of(t, threads, subgroup_fact(t, SpvBuiltInSubgroupSize));
    case ARGUMENT_THREADS_PER_SIMDGROUP:
    case ARGUMENT_THREAD_EXECUTION_WIDTH:
        return subgroup_fact(t, SpvBuiltInSubgroupSize);
    case ARGUMENT_THREAD_INDEX_IN_QUADGROUP:
        return u32_and(t, subgroup_fact(t, SpvBuiltInSubgroupLocalInvocationId), 3);
    case ARGUMENT_QUADGROUP_INDEX_IN_THREADGROUP:
        return quad_index(t);
    case ARGUMENT_QUADGROUPS_PER_THREADGROUP:
        return groups_of(t, product(t, local_size(t, 3)), u32_constant(t, 4));
    case ARGUMENT_DISPATCH_QUADGROUPS_PER_THREADGROUP:
        return groups_of(t, product(t, nominal_group(t, 3)), u32_constant(t, 4));
    default:
        refuse(t, PVG_TRANSLATE_UNSUPPORTED, "argument of kind %s in a kernel", a->unknown);
    }
}

void kernel_input(struct translator *t, struct argument *argument, LLVMValueRef parameter)
{
    uint32_t type = type_id(t, LLVMTypeOf(parameter));
    unsigned n = MIN(spirv_components(&t->spirv, type), 3u);

    value_set(t, parameter, stage_fit(t, fact(t, argument, n), type, false));
}

void kernel_declare(struct translator *t)
{
    uint32_t x = stage_local_size(t, 0), y = stage_local_size(t, 1), z = stage_local_size(t, 2);

    spirv_mode(&t->spirv, SPIRV_WORDS(t->function, SpvExecutionModeLocalSizeId, x, y, z),
               SpvOpExecutionModeId);
}
