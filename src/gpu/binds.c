/* SPDX-License-Identifier: MIT */
/* Binds records to argument tables, and argument tables to descriptor sets. */
#include "gpu/binds.h"

#include <string.h>

#include "base/range.h"
#include "gpu/table.h"

/* ---- Records ---- */

static bool slots_exist(uint32_t first, uint32_t count, uint32_t slots)
{
    return pvg_range_fits((struct pvg_range){first, count}, slots);
}

static enum pvg_refusal bind_buffer(struct pvg_binds *binds, struct pvg_gpu_run *run, uint32_t slot,
                                    const struct pvg_wire_buffer_bind *bind, bool strided)
{
    struct pvg_buffer_slot *to = &binds->buffers[slot];
    enum pvg_refusal why = PVG_ACCEPTED;

    *to = (struct pvg_buffer_slot){
        .offset = bind->offset, .stride = strided ? bind->stride : 0, .strided = strided};
    binds->changed = true;
    if (!bind->buffer) {
        return PVG_ACCEPTED;
    }
    to->buffer = (struct pvg_buffer *)pvg_table_find(run->gpu, run->submission, bind->buffer,
                                                     PVG_GPU_BUFFER, &why);
    if (to->buffer) {
        pvg_gpu_run_use_buffer(run, to->buffer);
    }
    to->bad = !to->buffer;
    return why;
}

enum pvg_refusal pvg_binds_set_buffers(struct pvg_binds *binds, struct pvg_gpu_run *run,
                                       const struct pvg_wire_set_buffers *rec)
{
    enum pvg_refusal first = PVG_ACCEPTED;

    if (!slots_exist(rec->first, rec->binds.count, PVG_SHADER_BUFFERS)) {
        return PVG_REFUSED_LIMIT;
    }
    for (uint32_t i = 0; i < rec->binds.count; i++) {
        struct pvg_wire_buffer_bind bind = pvg_wire_buffer_bind_at(rec->binds, i);
        enum pvg_refusal why = bind_buffer(binds, run, rec->first + i, &bind, false);

        first = first == PVG_ACCEPTED ? why : first;
    }
    return first;
}

enum pvg_refusal pvg_binds_set_buffers_strided(struct pvg_binds *binds, struct pvg_gpu_run *run,
                                               const struct pvg_wire_set_buffers_strided *rec)
{
    enum pvg_refusal first = PVG_ACCEPTED;

    if (!slots_exist(rec->first, rec->binds.count, PVG_SHADER_BUFFERS)) {
        return PVG_REFUSED_LIMIT;
    }
    for (uint32_t i = 0; i < rec->binds.count; i++) {
        struct pvg_wire_buffer_bind bind = pvg_wire_buffer_bind_strided_at(rec->binds, i);
        enum pvg_refusal why = bind_buffer(binds, run, rec->first + i, &bind, true);

        first = first == PVG_ACCEPTED ? why : first;
    }
    return first;
}

enum pvg_refusal pvg_binds_set_buffer_offset(struct pvg_binds *binds,
                                             const struct pvg_wire_set_buffer_offset *rec)
{
    if (rec->index >= PVG_SHADER_BUFFERS) {
        return PVG_REFUSED_LIMIT;
    }
    if (!binds->buffers[rec->index].buffer) {
        return PVG_REFUSED_STATE;
    }
    binds->buffers[rec->index].offset = rec->offset;
    binds->changed = true;
    return PVG_ACCEPTED;
}

enum pvg_refusal
pvg_binds_set_buffer_offset_strided(struct pvg_binds *binds,
                                    const struct pvg_wire_set_buffer_offset_strided *rec)
{
    if (rec->index >= PVG_SHADER_BUFFERS) {
        return PVG_REFUSED_LIMIT;
    }
    if (!binds->buffers[rec->index].buffer) {
        return PVG_REFUSED_STATE;
    }
    binds->buffers[rec->index].offset = rec->offset;
    binds->buffers[rec->index].stride = rec->stride;
    binds->buffers[rec->index].strided = true;
    binds->changed = true;
    return PVG_ACCEPTED;
}

enum pvg_refusal pvg_binds_set_textures(struct pvg_binds *binds, struct pvg_gpu_run *run,
                                        const struct pvg_wire_set_textures *rec)
{
    enum pvg_refusal first = PVG_ACCEPTED;

    if (!slots_exist(rec->first, rec->textures.count, PVG_SHADER_TEXTURES)) {
        return PVG_REFUSED_LIMIT;
    }
    for (uint32_t i = 0; i < rec->textures.count; i++) {
        const uint32_t ref = pvg_wire_u32_at(rec->textures, i);
        enum pvg_refusal why = PVG_ACCEPTED;
        struct pvg_texture *texture = NULL;

        if (ref) {
            texture = (struct pvg_texture *)pvg_table_find(run->gpu, run->submission, ref,
                                                           PVG_GPU_TEXTURE, &why);
        }
        if (texture) {
            pvg_gpu_run_use_texture(run, texture);
        }
        binds->textures[rec->first + i] = texture;
        first = first == PVG_ACCEPTED ? why : first;
    }
    binds->changed = true;
    return first;
}

static enum pvg_refusal bind_sampler(struct pvg_binds *binds, struct pvg_gpu_run *run,
                                     uint32_t slot, uint32_t ref)
{
    enum pvg_refusal why = PVG_ACCEPTED;
    struct pvg_sampler *sampler = NULL;

    if (ref) {
        sampler = (struct pvg_sampler *)pvg_table_find(run->gpu, run->submission, ref,
                                                       PVG_GPU_SAMPLER, &why);
    }
    if (sampler) {
        pvg_gpu_object_hold(&sampler->base, run->batch);
    }
    binds->samplers[slot] = (struct pvg_sampler_slot){.sampler = sampler};
    binds->changed = true;
    return why;
}

enum pvg_refusal pvg_binds_set_samplers(struct pvg_binds *binds, struct pvg_gpu_run *run,
                                        const struct pvg_wire_set_samplers *rec)
{
    enum pvg_refusal first = PVG_ACCEPTED;

    if (!slots_exist(rec->first, rec->samplers.count, PVG_SHADER_SAMPLERS)) {
        return PVG_REFUSED_LIMIT;
    }
    for (uint32_t i = 0; i < rec->samplers.count; i++) {
        enum pvg_refusal why =
            bind_sampler(binds, run, rec->first + i, pvg_wire_u32_at(rec->samplers, i));

        first = first == PVG_ACCEPTED ? why : first;
    }
    return first;
}

enum pvg_refusal pvg_binds_set_samplers_clamped(struct pvg_binds *binds, struct pvg_gpu_run *run,
                                                const struct pvg_wire_set_samplers_clamped *rec)
{
    enum pvg_refusal first = PVG_ACCEPTED;

    if (!slots_exist(rec->first, rec->binds.count, PVG_SHADER_SAMPLERS)) {
        return PVG_REFUSED_LIMIT;
    }
    for (uint32_t i = 0; i < rec->binds.count; i++) {
        struct pvg_wire_sampler_bind bind = pvg_wire_sampler_bind_at(rec->binds, i);
        struct pvg_sampler_slot *slot = &binds->samplers[rec->first + i];
        enum pvg_refusal why = bind_sampler(binds, run, rec->first + i, bind.sampler);

        slot->clamped = true;
        slot->lod_min = bind.lod_min;
        slot->lod_max = bind.lod_max;
        first = first == PVG_ACCEPTED ? why : first;
    }
    return first;
}

void pvg_binds_renew(struct pvg_binds *binds, struct pvg_gpu_run *run)
{
    binds->changed = true;
    for (unsigned i = 0; i < PVG_SHADER_BUFFERS; i++) {
        if (binds->buffers[i].buffer) {
            pvg_gpu_run_use_buffer(run, binds->buffers[i].buffer);
        }
    }
    for (unsigned i = 0; i < PVG_SHADER_TEXTURES; i++) {
        if (binds->textures[i]) {
            pvg_gpu_run_use_texture(run, binds->textures[i]);
        }
    }
    for (unsigned i = 0; i < PVG_SHADER_SAMPLERS; i++) {
        if (binds->samplers[i].sampler) {
            pvg_gpu_object_hold(&binds->samplers[i].sampler->base, run->batch);
        }
    }
}

/* ---- Descriptors ---- */

#define WORDS       3
#define MOST_WRITES (PVG_SHADER_BUFFERS + 2 * PVG_SHADER_TEXTURES + 2 * PVG_SHADER_SAMPLERS)

/* What a set is to hold. The bindings follow from the set's layout, so its content are the words.
 */
struct descriptors {
    struct {
        uint32_t binding, element;
        VkDescriptorType type;
    } at[MOST_WRITES];
    uint64_t words[MOST_WRITES][WORDS]; /* handle; buffers: offset and range */
    uint32_t count;
};

/* Returns its words, all zeroes. */
static uint64_t *add(struct descriptors *d, uint32_t binding, uint32_t element,
                     VkDescriptorType type)
{
    uint64_t *words = d->words[d->count];

    d->at[d->count].binding = binding;
    d->at[d->count].element = element;
    d->at[d->count++].type = type;
    memset(words, 0, sizeof(d->words[0]));
    return words;
}

/* The range ends with the object, or with what the shader may touch. The offset is rounded down to
 * what Vulkan allows; the shader adds the rest. */
static enum pvg_refusal describe_buffer(struct pvg_gpu_run *run, const struct pvg_buffer_slot *slot,
                                        const struct pvg_shader_buffer *wanted,
                                        struct descriptors *d, uint8_t *remainder)
{
    const VkPhysicalDeviceLimits *limits = &run->gpu->vk->properties.properties.limits;
    const VkDeviceSize alignment = limits->minStorageBufferOffsetAlignment;
    uint64_t *words =
        add(d, PVG_BINDING_BUFFER + wanted->index, 0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER);
    uint64_t end;

    words[2] = VK_WHOLE_SIZE;
    *remainder = 0;
    if (!slot->buffer || slot->offset >= slot->buffer->size) {
        return PVG_ACCEPTED;
    }
    if (slot->offset % MAX(wanted->alignment, 1)) {
        return PVG_REFUSED_VALUE;
    }
    end = slot->buffer->size;
    if (wanted->size && wanted->size < end - slot->offset) {
        end = slot->offset + wanted->size;
    }
    end = MIN((end + 3) & ~UINT64_C(3), slot->buffer->host.size);
    *remainder = (uint8_t)(slot->offset % alignment);
    words[0] = (uint64_t)slot->buffer->host.handle;
    words[1] = slot->offset - *remainder;
    words[2] = MIN(end - words[1], limits->maxStorageBufferRange);
    if (wanted->access & PVG_ACCESS_WRITE) {
        pvg_gpu_run_write_buffer(run, slot->buffer);
    }
    return PVG_ACCEPTED;
}

/* Metal's type of what the shader declares, or a value that no texture has. */
static uint8_t type_wanted(const struct pvg_shader_texture *t)
{
    switch ((enum pvg_texture_dimension)t->dimension) {
    case PVG_TEXTURE_1D:
        return t->arrayed ? PVG_WIRE_TEXTURE_TYPE_1D_ARRAY : PVG_WIRE_TEXTURE_TYPE_1D;
    case PVG_TEXTURE_2D:
        if (t->multisampled) {
            return t->arrayed ? PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE_ARRAY
                              : PVG_WIRE_TEXTURE_TYPE_2D_MULTISAMPLE;
        }
        return t->arrayed ? PVG_WIRE_TEXTURE_TYPE_2D_ARRAY : PVG_WIRE_TEXTURE_TYPE_2D;
    case PVG_TEXTURE_3D:
        return PVG_WIRE_TEXTURE_TYPE_3D;
    case PVG_TEXTURE_CUBE:
        return t->arrayed ? PVG_WIRE_TEXTURE_TYPE_CUBE_ARRAY : PVG_WIRE_TEXTURE_TYPE_CUBE;
    case PVG_TEXTURE_TEXEL_BUFFER:
        return PVG_WIRE_TEXTURE_TYPE_TEXTURE_BUFFER;
    }
    return UINT8_MAX;
}

static bool class_matches(const struct pvg_texture *texture, const struct pvg_shader_texture *t)
{
    const uint8_t numeric = texture->format->numeric;
    const VkFormat host = texture->host->vk;

    if (t->depth && !(texture->format->aspect & PVG_ASPECT_DEPTH)) {
        return false;
    }
    if (t->atomic && host != VK_FORMAT_R32_UINT && host != VK_FORMAT_R32_SINT) {
        return false;
    }
    switch ((enum pvg_component_class)t->component_class) {
    case PVG_CLASS_FLOAT:
        return numeric == PVG_NUMERIC_FLOAT;
    case PVG_CLASS_SIGNED:
        return numeric == PVG_NUMERIC_SINT;
    case PVG_CLASS_UNSIGNED:
        return numeric == PVG_NUMERIC_UINT;
    case PVG_CLASS_NONE:
        break;
    }
    return true;
}

bool pvg_binds_fits(const struct pvg_texture *texture, const struct pvg_shader_texture *t)
{
    /* A compressed texture's plain and array 2D views are told apart by Metal, not by shaders. */
    return texture->type == type_wanted(t) && class_matches(texture, t);
}

VkImageView pvg_binds_view(struct pvg_texture *texture, const struct pvg_shader_texture *t,
                           bool storage)
{
    const VkImageViewType type =
        t->cube_as_array ? VK_IMAGE_VIEW_TYPE_2D_ARRAY : pvg_texture_view_type(texture->type);

    return storage ? pvg_texture_storage(texture, type) : pvg_texture_sampled(texture, type);
}

static void describe_view(struct descriptors *d, struct pvg_texture *texture,
                          const struct pvg_shader_texture *t, uint32_t element, bool storage)
{
    const uint32_t binding = (storage ? PVG_BINDING_STORAGE : PVG_BINDING_SAMPLED) + t->index;
    VkImageView view = VK_NULL_HANDLE;

    if (t->dimension == PVG_TEXTURE_TEXEL_BUFFER) {
        *add(d, binding, element,
             storage ? VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER
                     : VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER) =
            (uint64_t)(texture ? pvg_texture_texels(texture) : VK_NULL_HANDLE);
        return;
    }
    if (texture) {
        view = pvg_binds_view(texture, t, storage);
    }
    *add(d, binding, element,
         storage ? VK_DESCRIPTOR_TYPE_STORAGE_IMAGE : VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE) =
        (uint64_t)view;
}

static void describe_texture(struct pvg_gpu_run *run, struct descriptors *d,
                             struct pvg_texture *texture, const struct pvg_shader_texture *t,
                             uint32_t element)
{
    if (texture && !pvg_binds_fits(texture, t)) {
        pvg_gpu_run_refuse(run, PVG_REFUSED_KIND, 0);
        texture = NULL;
    }
    if (texture && t->storage && (t->access & PVG_ACCESS_WRITE)) {
        pvg_gpu_run_write_texture(run, texture, 0, 1);
    }
    if (t->storage) {
        describe_view(d, texture, t, element, true);
    }
    if (!t->storage || t->sampled_twin) {
        describe_view(d, texture, t, element, false);
    }
}

/* Of a slot with clamps of its own, without a sampler (the default clamps to edges), or that may
 * not filter. */
static VkSampler special_sampler(struct pvg_gpu *gpu, const struct pvg_sampler_slot *slot,
                                 bool comparing, bool filters)
{
    struct pvg_sampler_description description;

    memset(&description, 0, sizeof(description)); /* its bytes are a key */
    description.anisotropy = 1;
    if (slot->sampler) {
        memcpy(&description, &slot->sampler->description, sizeof(description));
    }
    if (slot->sampler && slot->clamped) {
        pvg_sampler_clamp(&description, slot->lod_min, slot->lod_max);
    }
    if (!filters) {
        description.min_linear = description.mag_linear = 0;
        description.mip = MIN(description.mip, PVG_WIRE_MIP_FILTER_NEAREST);
        description.anisotropy = 1;
    }
    return pvg_sampler_cache_get(&gpu->samplers, &description, comparing);
}

static enum pvg_refusal describe_sampler(struct pvg_gpu_run *run, struct descriptors *d,
                                         const struct pvg_sampler_slot *slot, uint32_t binding,
                                         bool comparing, bool filters)
{
    struct pvg_sampler *own = slot->clamped || !filters ? NULL : slot->sampler;
    VkSampler sampler =
        own ? own->host[comparing] : special_sampler(run->gpu, slot, comparing, filters);

    if (own && !sampler) {
        sampler = own->host[comparing] =
            pvg_sampler_cache_get(&run->gpu->samplers, &own->description, comparing);
    }
    if (!sampler) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    *add(d, binding, 0, VK_DESCRIPTOR_TYPE_SAMPLER) = (uint64_t)sampler;
    return PVG_ACCEPTED;
}

/* Whether samplers may filter: not where the device can filter none of the textures, as none can
 * integers and some cannot depth. Which texture a shader sees through which sampler is not known,
 * so where some can the guest's word counts. Comparisons are filtered everywhere. */
static bool may_filter(const struct pvg_binds *binds, const struct pvg_shader_reflection *r)
{
    bool some = false;

    for (uint32_t i = 0; i < r->texture_count; i++) {
        const struct pvg_texture *texture = binds->textures[r->textures[i].index];

        if (texture && texture->image && !r->textures[i].storage) {
            if (texture->host->features & VK_FORMAT_FEATURE_2_SAMPLED_IMAGE_FILTER_LINEAR_BIT) {
                return true;
            }
            some = true;
        }
    }
    return !some;
}

static enum pvg_refusal describe_samplers(struct pvg_binds *binds, struct pvg_gpu_run *run,
                                          const struct pvg_shader_reflection *r,
                                          struct descriptors *d, uint16_t *pixel_mask)
{
    const bool filters = r->sampler_count == 0 || may_filter(binds, r);
    enum pvg_refusal why = PVG_ACCEPTED;

    for (uint32_t i = 0; i < r->sampler_count && why == PVG_ACCEPTED; i++) {
        const struct pvg_shader_sampler *s = &r->samplers[i];
        const struct pvg_sampler_slot *slot = &binds->samplers[s->index];
        const bool pixels = slot->sampler && slot->sampler->description.pixel_coordinates;

        if (s->plain) {
            why = describe_sampler(run, d, slot, PVG_BINDING_SAMPLER + s->index, false, filters);
        }
        if (s->compare && why == PVG_ACCEPTED) {
            why = describe_sampler(run, d, slot, PVG_BINDING_COMPARE + s->index, true, true);
        }
        *pixel_mask |= (uint16_t)(pixels << s->index);
    }
    return why;
}

static void write_set(struct pvg_vk *vk, const struct descriptors *d, VkDescriptorSet set)
{
    VkWriteDescriptorSet writes[MOST_WRITES];
    VkDescriptorBufferInfo buffers[PVG_SHADER_BUFFERS];
    VkDescriptorImageInfo images[MOST_WRITES];
    VkBufferView texels[MOST_WRITES];

    for (uint32_t i = 0; i < d->count; i++) {
        const uint64_t *words = d->words[i];

        writes[i] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = set,
            .dstBinding = d->at[i].binding,
            .dstArrayElement = d->at[i].element,
            .descriptorCount = 1,
            .descriptorType = d->at[i].type,
            .pImageInfo = &images[i],
            .pBufferInfo = &buffers[MIN(i, PVG_SHADER_BUFFERS - 1u)], /* they come first */
            .pTexelBufferView = &texels[i],
        };
        if (d->at[i].type == VK_DESCRIPTOR_TYPE_STORAGE_BUFFER) {
            buffers[i] = (VkDescriptorBufferInfo){(VkBuffer)words[0], words[1], words[2]};
        }
        texels[i] = (VkBufferView)words[0];
        images[i] = d->at[i].type == VK_DESCRIPTOR_TYPE_SAMPLER
                        ? (VkDescriptorImageInfo){.sampler = (VkSampler)words[0]}
                        : (VkDescriptorImageInfo){VK_NULL_HANDLE, (VkImageView)words[0],
                                                  VK_IMAGE_LAYOUT_GENERAL};
    }
    vk->fn.vkUpdateDescriptorSets(vk->device, d->count, writes, 0, NULL);
}

enum pvg_refusal pvg_binds_describe(struct pvg_binds *binds, struct pvg_gpu_run *run,
                                    const struct pvg_stage_program *stage,
                                    VkDescriptorSetLayout layout, uint8_t push[PVG_PUSH_SIZE],
                                    VkDescriptorSet *out)
{
    const struct pvg_shader_reflection *r = &stage->shader->translation.reflection;
    uint8_t *remainders = push + (r->set ? PVG_PUSH_REMAINDER_SET1 : PVG_PUSH_REMAINDER_SET0);
    struct descriptors d;
    uint16_t pixel_mask = 0;
    enum pvg_refusal why = PVG_ACCEPTED;
    bool empty = true;

    d.count = 0;
    for (uint32_t i = 0; i < r->buffer_count && why == PVG_ACCEPTED; i++) {
        const struct pvg_shader_buffer *b = &r->buffers[i];

        why = describe_buffer(run, &binds->buffers[b->index], b, &d, &remainders[b->index]);
    }
    for (uint32_t i = 0; i < r->texture_count && why == PVG_ACCEPTED; i++) {
        const struct pvg_shader_texture *t = &r->textures[i];

        for (uint32_t element = 0; element < t->count && t->index + element < PVG_SHADER_TEXTURES;
             element++) {
            describe_texture(run, &d, binds->textures[t->index + element], t, element);
        }
    }
    if (why == PVG_ACCEPTED) {
        why = describe_samplers(binds, run, r, &d, &pixel_mask);
    }
    if (why != PVG_ACCEPTED) {
        return why;
    }
    memcpy(push + PVG_PUSH_PIXEL_SAMPLERS + (r->set ? 2 : 0), &pixel_mask, sizeof(pixel_mask));
    /* Others write to a set of input attachments besides: that is used once. */
    *out = r->colour_input_mask
               ? pvg_vk_batch_descriptor_set(run->batch, layout)
               : pvg_vk_batch_set_with(
                     run->batch, &(struct pvg_vk_set_content){layout, d.words[0], WORDS * d.count},
                     &empty);
    if (!*out) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    if (empty) {
        write_set(run->gpu->vk, &d, *out);
    }
    return PVG_ACCEPTED;
}

bool pvg_binds_write_anything(const struct pvg_stage_program *stage)
{
    return stage->shader &&
           (stage->shader->translation.reflection.flags & PVG_SHADER_WRITES_MEMORY);
}
