/* SPDX-License-Identifier: MIT */
/* Moves texels between guest memory and staging memory. */
#include "gpu/backing.h"

#include <string.h>

#include "memory/memory.h"

struct rows {
    struct pvg_linear_layout guest;
    uint32_t width;    /* texels */
    uint64_t host_row; /* bytes */
    uint32_t host_rows;
};

static struct rows rows_of(const struct pvg_image *image, uint32_t level)
{
    const struct pvg_pixel_format *format = image->shape.format;
    uint32_t width = pvg_level_extent(image->shape.width, level);
    uint32_t height = pvg_level_extent(image->shape.height, level);
    struct rows rows = {
        .guest = pvg_linear_layout(format, format->bytes, width, height),
        .width = width,
    };

    rows.host_row = image->format->codec ? (uint64_t)width * image->format->codec->host_bytes
                                         : rows.guest.tight_row;
    rows.host_rows = image->format->codec ? height : rows.guest.blocks_high;
    return rows;
}

uint64_t pvg_image_host_size(const struct pvg_image *image, uint32_t level)
{
    struct rows rows = rows_of(image, level);

    return rows.host_row * rows.host_rows;
}

static enum pvg_refusal read_bytes(const struct pvg_backing *backing, struct pvg_memory *memory,
                                   const struct pvg_view *view, uint64_t offset, void *out,
                                   size_t size)
{
    if (backing->kind == PVG_BACKING_SURFACE) {
        return pvg_view_read(view, &memory->ram, offset, out, size);
    }
    return pvg_space_read(memory, backing->space, (struct pvg_gva){backing->at.value + offset}, out,
                          size);
}

/* All rows of blocks, then the decoder. */
static enum pvg_refusal read_blocks(const struct pvg_backing *backing, struct pvg_memory *memory,
                                    const struct pvg_image *image, const struct rows *rows,
                                    uint64_t at, uint64_t stride, uint8_t *host)
{
    const struct pvg_view nothing = {0}; /* no compressed format lies over a surface */
    g_autofree uint8_t *blocks = g_try_malloc(rows->guest.tight_row * rows->guest.blocks_high);
    enum pvg_refusal why = blocks ? PVG_ACCEPTED : PVG_REFUSED_HOST_MEMORY;

    for (uint32_t y = 0; y < rows->guest.blocks_high && why == PVG_ACCEPTED; y++) {
        why = read_bytes(backing, memory, &nothing, at + y * stride,
                         blocks + y * rows->guest.tight_row, rows->guest.tight_row);
    }
    if (why == PVG_ACCEPTED) {
        image->format->codec->decode_blocks(image->shape.format, blocks, rows->width,
                                            rows->host_rows, host);
    }
    return why;
}

enum pvg_refusal pvg_backing_read(const struct pvg_backing *backing, struct pvg_memory *memory,
                                  const struct pvg_image *image, uint32_t level, uint32_t slice,
                                  uint8_t *host)
{
    const struct rows rows = rows_of(image, level);
    const uint64_t stride = backing->levels[level].row_stride;
    uint64_t at = backing->levels[level].offset + slice * backing->levels[level].image_stride;
    g_autofree uint8_t *row = NULL;
    struct pvg_view view = {0};
    enum pvg_refusal why = PVG_ACCEPTED;

    if (image->format->codec && image->format->codec->decode_blocks) {
        return read_blocks(backing, memory, image, &rows, at, stride, host);
    }
    if (backing->kind == PVG_BACKING_SURFACE) {
        why = pvg_surface_view(memory, &backing->surface, PVG_RAM_READ, &view);
    }
    if (image->format->codec) {
        row = g_malloc(rows.guest.tight_row);
    } else if (stride == rows.guest.tight_row && why == PVG_ACCEPTED) {
        why = read_bytes(backing, memory, &view, at, host, stride * rows.guest.blocks_high);
        pvg_view_finish(&view);
        return why;
    }
    for (uint32_t y = 0; y < rows.guest.blocks_high && why == PVG_ACCEPTED; y++) {
        uint8_t *to = host + y * rows.host_row;

        why = read_bytes(backing, memory, &view, at + y * stride, row ? row : to,
                         rows.guest.tight_row);
        if (why == PVG_ACCEPTED && row) {
            image->format->codec->decode(row, to, rows.width);
        }
    }
    pvg_view_finish(&view);
    return why;
}

enum pvg_refusal pvg_backing_write(const struct pvg_backing *backing, struct pvg_memory *memory,
                                   uint64_t session, const struct pvg_image *image, uint32_t level,
                                   uint32_t slice, const uint8_t *host)
{
    const struct rows rows = rows_of(image, level);
    const uint64_t stride = backing->levels[level].row_stride;
    const uint64_t at = backing->levels[level].offset + slice * backing->levels[level].image_stride;
    /* Bytes between rows are the guest's: rows that touch go in one piece, others one by one. */
    const bool whole = stride == rows.guest.tight_row && !image->format->codec;
    const uint32_t pieces = whole ? 1 : rows.guest.blocks_high;
    const uint64_t piece = whole ? stride * rows.guest.blocks_high : rows.guest.tight_row;
    g_autofree uint8_t *row = image->format->codec ? g_malloc0(piece) : NULL;
    enum pvg_refusal first = PVG_ACCEPTED;

    if (image->format->codec && image->format->codec->decode_blocks) {
        return PVG_ACCEPTED; /* the guest's blocks are still the truth: nothing draws here */
    }
    for (uint32_t y = 0; y < pieces; y++) {
        const uint8_t *from = host + y * rows.host_row;
        enum pvg_refusal why;

        if (row) {
            image->format->codec->encode(from, row, rows.width);
            from = row;
        }
        why = backing->kind == PVG_BACKING_SURFACE
                  ? pvg_surface_write(memory, session, &backing->surface, at + y * stride, from,
                                      piece)
                  : pvg_space_write(memory, backing->space,
                                    (struct pvg_gva){backing->at.value + at + y * stride}, from,
                                    piece);
        if (first == PVG_ACCEPTED) {
            first = why;
        }
    }
    return first;
}
