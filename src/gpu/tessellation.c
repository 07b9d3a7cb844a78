/* SPDX-License-Identifier: MIT */
/* Makes the stages around a post-tessellation function. */
#include "gpu/tessellation.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

#include "gpu/kernels/patch_tesc_1.h"
#include "gpu/kernels/patch_tesc_2.h"
#include "gpu/kernels/patch_tesc_3.h"
#include "gpu/kernels/patch_tesc_4.h"
#include "gpu/kernels/patch_tesc_5.h"
#include "gpu/kernels/patch_tesc_6.h"
#include "gpu/kernels/patch_tesc_7.h"
#include "gpu/kernels/patch_tesc_8.h"
#include "gpu/kernels/patch_vert_1.h"
#include "gpu/kernels/patch_vert_2.h"
#include "gpu/kernels/patch_vert_3.h"
#include "gpu/kernels/patch_vert_4.h"
#include "gpu/kernels/patch_vert_5.h"
#include "gpu/kernels/patch_vert_6.h"
#include "gpu/kernels/patch_vert_7.h"
#include "gpu/kernels/patch_vert_8.h"
#include "wire/metal.h"

/* SPIR-V's numbers of what is looked for and put in. */
#define HEADER_WORDS          5
#define OP_EXECUTION_MODE     16
#define MODE_SPACING_EQUAL    1
#define MODE_SPACING_EVEN     2
#define MODE_SPACING_ODD      3
#define MODE_CLOCKWISE        4
#define MODE_COUNTERCLOCKWISE 5
#define MODE_OUTPUT_VERTICES  26

struct source {
    const uint32_t *words;
    size_t size; /* bytes */
};

static const struct source vertex_sources[PVG_PATCH_ATTRIBUTES] = {
    {patch_vert_1, sizeof(patch_vert_1)}, {patch_vert_2, sizeof(patch_vert_2)},
    {patch_vert_3, sizeof(patch_vert_3)}, {patch_vert_4, sizeof(patch_vert_4)},
    {patch_vert_5, sizeof(patch_vert_5)}, {patch_vert_6, sizeof(patch_vert_6)},
    {patch_vert_7, sizeof(patch_vert_7)}, {patch_vert_8, sizeof(patch_vert_8)},
};
static const struct source control_sources[PVG_PATCH_ATTRIBUTES] = {
    {patch_tesc_1, sizeof(patch_tesc_1)}, {patch_tesc_2, sizeof(patch_tesc_2)},
    {patch_tesc_3, sizeof(patch_tesc_3)}, {patch_tesc_4, sizeof(patch_tesc_4)},
    {patch_tesc_5, sizeof(patch_tesc_5)}, {patch_tesc_6, sizeof(patch_tesc_6)},
    {patch_tesc_7, sizeof(patch_tesc_7)}, {patch_tesc_8, sizeof(patch_tesc_8)},
};

static bool make_module(struct pvg_vk *vk, const uint32_t *words, size_t size, VkShaderModule *out)
{
    return pvg_vk_check(vk, vk->fn.vkCreateShaderModule(
                                vk->device,
                                &(VkShaderModuleCreateInfo){
                                    .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                    .codeSize = size,
                                    .pCode = words,
                                },
                                NULL, out)) == VK_SUCCESS;
}

static uint32_t spacing(uint8_t partition)
{
    return partition == PVG_WIRE_TESSELLATION_PARTITION_FRACTIONAL_ODD    ? MODE_SPACING_ODD
           : partition == PVG_WIRE_TESSELLATION_PARTITION_FRACTIONAL_EVEN ? MODE_SPACING_EVEN
                                                                          : MODE_SPACING_EQUAL;
}

/* The control stage with its modes: the number of points is replaced, the others follow it. */
static bool make_control(struct pvg_vk *vk, const struct source *source, uint32_t points,
                         const struct pvg_tessellation_description *d, VkShaderModule *out)
{
    const size_t count = source->size / sizeof(uint32_t);
    g_autofree uint32_t *words = g_new(uint32_t, count + 6);
    size_t at = HEADER_WORDS, end;

    while (at < count && !((source->words[at] & 0xffff) == OP_EXECUTION_MODE &&
                           source->words[at + 2] == MODE_OUTPUT_VERTICES)) {
        at += source->words[at] >> 16;
    }
    assert(at < count); /* our own words */
    end = at + (source->words[at] >> 16);
    memcpy(words, source->words, end * sizeof(uint32_t));
    words[at + 3] = points;
    memcpy(words + end,
           (const uint32_t[]){3u << 16 | OP_EXECUTION_MODE, words[at + 1], spacing(d->partition),
                              3u << 16 | OP_EXECUTION_MODE, words[at + 1],
                              d->counter_clockwise ? MODE_COUNTERCLOCKWISE : MODE_CLOCKWISE},
           6 * sizeof(uint32_t));
    memcpy(words + end + 6, source->words + end, (count - end) * sizeof(uint32_t));
    return make_module(vk, words, (count + 6) * sizeof(uint32_t), out);
}

bool pvg_patch_stages_init(struct pvg_vk *vk, uint32_t attributes, uint32_t points,
                           const struct pvg_tessellation_description *description,
                           struct pvg_patch_stages *out)
{
    const struct source *vertex = &vertex_sources[attributes - 1];

    *out = (struct pvg_patch_stages){0};
    return make_module(vk, vertex->words, vertex->size, &out->vertex) &&
           make_control(vk, &control_sources[attributes - 1], points, description, &out->control);
}

void pvg_patch_stages_finish(struct pvg_vk *vk, struct pvg_patch_stages *stages)
{
    vk->fn.vkDestroyShaderModule(vk->device, stages->vertex, NULL);
    vk->fn.vkDestroyShaderModule(vk->device, stages->control, NULL);
    *stages = (struct pvg_patch_stages){0};
}
