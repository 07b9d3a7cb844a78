/* SPDX-License-Identifier: MIT */
/* What each packet does; called through the table in packet.c. @ctx is a struct pvg_execution.
 *
 * A handler has three ways out: return, and the packet is complete; set execution->handed_over
 * before it gives packet->work away, and return; or set execution->hold, having done nothing, and be
 * called again. Engine thread. */
#ifndef PVG_DEVICE_HANDLERS_H
#define PVG_DEVICE_HANDLERS_H

#include "base/attributes.h"
#include "device/packet.h"
#include "wire/packets.h"

/* channel_packets.c */
enum pvg_refusal pvg_define_channel(void *ctx, const struct pvg_wire_define_channel *rec);
enum pvg_refusal pvg_free_channel(void *ctx, const struct pvg_wire_free_channel *rec);

/* memory_packets.c */
enum pvg_refusal pvg_define_task(void *ctx, const struct pvg_wire_define_task *rec);
enum pvg_refusal pvg_delete_task(void *ctx, const struct pvg_wire_delete_task *rec);
enum pvg_refusal pvg_map_memory(void *ctx, const struct pvg_wire_map_memory *rec);
enum pvg_refusal pvg_unmap_memory(void *ctx, const struct pvg_wire_unmap_memory *rec);
enum pvg_refusal pvg_replace_physical(void *ctx, const struct pvg_wire_replace_physical *rec);
enum pvg_refusal pvg_set_object_list(void *ctx, const struct pvg_wire_set_object_list *rec);
enum pvg_refusal pvg_delete_resource(void *ctx, const struct pvg_wire_delete_resource *rec);
enum pvg_refusal pvg_delete_surface(void *ctx, const struct pvg_wire_delete_surface *rec);
enum pvg_refusal pvg_delete_object(void *ctx, const struct pvg_wire_delete_object *rec);

/* gpu_packets.c */
void pvg_exec_fetched(struct pvg_packet *packet);

/* What an ExecIndirect packet says; refuses OPCODE, SHORT, COUNT. */
PVG_NODISCARD enum pvg_refusal pvg_exec_decode(const struct pvg_packet *packet,
                                               struct pvg_wire_exec_indirect *rec);
enum pvg_refusal pvg_exec_indirect(void *ctx, const struct pvg_wire_exec_indirect *rec);
enum pvg_refusal pvg_invalidate(void *ctx, const struct pvg_wire_invalidate_resources *rec);
enum pvg_refusal pvg_synchronize(void *ctx, const struct pvg_wire_synchronize_resources *rec);
enum pvg_refusal pvg_get_compute_info(void *ctx, const struct pvg_wire_get_compute_info *rec);
enum pvg_refusal pvg_get_heap_texture_size(void *ctx,
                                           const struct pvg_wire_heap_texture_size *rec);

/* device_info.c */
enum pvg_refusal pvg_get_device_info(void *ctx, const struct pvg_wire_get_device_info *rec);

/* display_packets.c */
enum pvg_refusal pvg_display_set_page(void *ctx, const struct pvg_wire_display_set_page *rec);
enum pvg_refusal pvg_display_ack(void *ctx, const struct pvg_wire_display_ack *rec);
enum pvg_refusal pvg_cursor_glyph(void *ctx, const struct pvg_wire_cursor_glyph *rec);
enum pvg_refusal pvg_cursor_show(void *ctx, const struct pvg_wire_cursor_show *rec);
enum pvg_refusal pvg_present(void *ctx, const struct pvg_wire_present *rec);
enum pvg_refusal pvg_display_sleep(void *ctx, const struct pvg_wire_display_sleep *rec);

#endif
