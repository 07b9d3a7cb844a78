/* SPDX-License-Identifier: MIT */
/* Render passes with input attachments. */
#include "gpu/fetch_pass.h"

#include <string.h>

#include "gpu/render.h"

#define MOST_PASSES 1024

/* What render passes differ in. */
struct shape {
    VkFormat colours[PVG_MAX_COLOURS];
    VkFormat depth; /* and stencil */
    uint32_t samples;
};

struct entry {
    struct shape shape;
    VkRenderPass handle;
};

static guint shape_hash(gconstpointer data)
{
    const struct shape *shape = data;
    guint hash = shape->samples * 31 + (guint)shape->depth;

    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        hash = hash * 31 + (guint)shape->colours[i];
    }
    return hash;
}

static gboolean shape_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct shape)) == 0;
}

void pvg_fetch_passes_init(struct pvg_fetch_passes *passes, struct pvg_vk *vk)
{
    passes->vk = vk;
    g_mutex_init(&passes->lock);
    passes->passes = g_hash_table_new_full(shape_hash, shape_equal, NULL, g_free);
}

void pvg_fetch_passes_finish(struct pvg_fetch_passes *passes)
{
    GHashTableIter iterator;
    gpointer entry;

    if (!passes->passes) {
        return;
    }
    g_hash_table_iter_init(&iterator, passes->passes);
    while (g_hash_table_iter_next(&iterator, NULL, &entry)) {
        passes->vk->fn.vkDestroyRenderPass(passes->vk->device, ((struct entry *)entry)->handle,
                                           NULL);
    }
    g_clear_pointer(&passes->passes, g_hash_table_unref);
    g_mutex_clear(&passes->lock);
}

static VkAttachmentDescription attachment(VkFormat format, uint32_t samples)
{
    return (VkAttachmentDescription){
        .format = format,
        .samples = (VkSampleCountFlagBits)samples,
        .loadOp = VK_ATTACHMENT_LOAD_OP_LOAD,
        .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
        .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_LOAD,
        .stencilStoreOp = VK_ATTACHMENT_STORE_OP_STORE,
        .initialLayout = VK_IMAGE_LAYOUT_GENERAL,
        .finalLayout = VK_IMAGE_LAYOUT_GENERAL,
    };
}

static VkRenderPass make(struct pvg_vk *vk, const struct shape *shape)
{
    VkAttachmentDescription attachments[PVG_MAX_COLOURS + 1];
    VkAttachmentReference colours[PVG_MAX_COLOURS], depth;
    VkSubpassDescription subpass = {
        .flags = VK_SUBPASS_DESCRIPTION_RASTERIZATION_ORDER_ATTACHMENT_COLOR_ACCESS_BIT_EXT,
        .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
        .inputAttachmentCount = PVG_MAX_COLOURS, /* an input's index is its colour's */
        .pInputAttachments = colours,
        .colorAttachmentCount = PVG_MAX_COLOURS,
        .pColorAttachments = colours,
    };
    VkRenderPass handle = VK_NULL_HANDLE;
    uint32_t count = 0;

    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        const bool used = shape->colours[i] != VK_FORMAT_UNDEFINED;

        colours[i] =
            (VkAttachmentReference){used ? count : VK_ATTACHMENT_UNUSED, VK_IMAGE_LAYOUT_GENERAL};
        if (used) {
            attachments[count++] = attachment(shape->colours[i], shape->samples);
        }
    }
    if (shape->depth != VK_FORMAT_UNDEFINED) {
        depth = (VkAttachmentReference){count, VK_IMAGE_LAYOUT_GENERAL};
        subpass.pDepthStencilAttachment = &depth;
        attachments[count++] = attachment(shape->depth, shape->samples);
    }
    if (pvg_vk_check(
            vk, vk->fn.vkCreateRenderPass(vk->device,
                                          &(VkRenderPassCreateInfo){
                                              .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
                                              .attachmentCount = count,
                                              .pAttachments = attachments,
                                              .subpassCount = 1,
                                              .pSubpasses = &subpass,
                                          },
                                          NULL, &handle)) != VK_SUCCESS) {
        return VK_NULL_HANDLE;
    }
    return handle;
}

VkRenderPass pvg_fetch_passes_get(struct pvg_fetch_passes *passes, const struct pvg_render_key *key)
{
    g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&passes->lock);
    struct shape shape;
    struct entry *entry;

    memset(&shape, 0, sizeof(shape)); /* compared as bytes */
    memcpy(shape.colours, key->colours, sizeof(shape.colours));
    shape.depth = key->depth != VK_FORMAT_UNDEFINED ? key->depth : key->stencil;
    shape.samples = key->samples;
    entry = g_hash_table_lookup(passes->passes, &shape);
    if (!entry && g_hash_table_size(passes->passes) == MOST_PASSES) {
        return VK_NULL_HANDLE; /* a guest has only so many formats in earnest */
    }
    if (!entry) {
        entry = g_new0(struct entry, 1);
        memcpy(&entry->shape, &shape, sizeof(shape));
        entry->handle = make(passes->vk, &shape);
        g_hash_table_insert(passes->passes, &entry->shape, entry);
    }
    return entry->handle;
}

/* ---- In an encoder ---- */

struct framebuffer {
    struct pvg_vk *vk;
    VkFramebuffer handle;
};

static void framebuffer_free(void *data)
{
    struct framebuffer *framebuffer = data;

    framebuffer->vk->fn.vkDestroyFramebuffer(framebuffer->vk->device, framebuffer->handle, NULL);
    g_free(framebuffer);
}

enum pvg_refusal pvg_fetch_pass_begin(struct pvg_render *render)
{
    struct pvg_gpu_run *run = render->run;
    struct pvg_vk *vk = run->gpu->vk;
    struct framebuffer *framebuffer;
    VkImageView views[PVG_MAX_COLOURS + 1];
    struct pvg_render_key key;
    VkRenderPass pass;
    uint32_t count = 0;

    pvg_render_key_init(render, &key);
    pass = pvg_fetch_passes_get(&run->gpu->fetch_passes, &key);
    if (!pass) {
        return PVG_REFUSED_HOST_MEMORY;
    }
    for (unsigned i = 0; i < PVG_MAX_COLOURS; i++) {
        if (render->colours[i].texture) {
            views[count++] = render->colours[i].view;
        }
    }
    if (render->depth.texture || render->stencil.texture) {
        views[count++] = render->joined.view     ? render->joined.view
                         : render->depth.texture ? render->depth.view
                                                 : render->stencil.view;
    }
    framebuffer = g_new0(struct framebuffer, 1);
    framebuffer->vk = vk;
    if (pvg_vk_check(
            vk, vk->fn.vkCreateFramebuffer(vk->device,
                                           &(VkFramebufferCreateInfo){
                                               .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
                                               .renderPass = pass,
                                               .attachmentCount = count,
                                               .pAttachments = views,
                                               .width = render->width,
                                               .height = render->height,
                                               .layers = render->layers,
                                           },
                                           NULL, &framebuffer->handle)) != VK_SUCCESS) {
        framebuffer->handle = VK_NULL_HANDLE;
        framebuffer_free(framebuffer);
        return PVG_REFUSED_HOST_MEMORY;
    }
    pvg_vk_batch_keep(run->batch, framebuffer_free, framebuffer);
    vk->fn.vkCmdBeginRenderPass(run->commands,
                                &(VkRenderPassBeginInfo){
                                    .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
                                    .renderPass = pass,
                                    .framebuffer = framebuffer->handle,
                                    .renderArea.extent = {render->width, render->height},
                                },
                                VK_SUBPASS_CONTENTS_INLINE);
    return PVG_ACCEPTED;
}

void pvg_fetch_pass_describe(const struct pvg_render *render, uint32_t mask, VkDescriptorSet set)
{
    struct pvg_vk *vk = render->run->gpu->vk;
    VkDescriptorImageInfo images[PVG_MAX_COLOURS];
    VkWriteDescriptorSet writes[PVG_MAX_COLOURS];
    uint32_t count = 0;

    for (uint32_t i = 0; mask >> i; i++) {
        if (!(mask >> i & 1)) {
            continue;
        }
        images[count] = (VkDescriptorImageInfo){VK_NULL_HANDLE, render->colours[i].view,
                                                VK_IMAGE_LAYOUT_GENERAL};
        writes[count] = (VkWriteDescriptorSet){
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = set,
            .dstBinding = PVG_BINDING_COLOUR + i,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT,
            .pImageInfo = &images[count],
        };
        count++;
    }
    if (count) {
        vk->fn.vkUpdateDescriptorSets(vk->device, count, writes, 0, NULL);
    }
}
