/* SPDX-License-Identifier: MIT */
/* The device's state as a stream, for clients that migrate. */
#include "migration.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"

#define STREAM_MAGIC   0x53475650u /* "PVGS" */
#define STREAM_VERSION 1
#define STREAM_LIMIT   (UINT64_C(1) << 31)

void vfio_user_migration_init(struct vfio_user_migration *migration, struct function *function)
{
    *migration = (struct vfio_user_migration){
        .function = function,
        .state = VFIO_USER_MIG_RUNNING,
    };
}

static void drop_stream(struct vfio_user_migration *migration)
{
    g_clear_pointer(&migration->stream, g_byte_array_unref);
    migration->at = 0;
}

void vfio_user_migration_finish(struct vfio_user_migration *migration)
{
    drop_stream(migration);
}

void vfio_user_migration_reset(struct vfio_user_migration *migration)
{
    drop_stream(migration);
    if (migration->state != VFIO_USER_MIG_RUNNING) {
        migration->state = VFIO_USER_MIG_RUNNING;
        function_start(migration->function);
    }
}

static void append_u32(GByteArray *stream, uint32_t value)
{
    uint32_t little = GUINT32_TO_LE(value);

    g_byte_array_append(stream, (const uint8_t *)&little, sizeof(little));
}

static int save(struct vfio_user_migration *migration)
{
    struct function *function = migration->function;
    size_t config_size = pci_config_size(&function->config);
    void *bytes;
    size_t size;

    if (!function_save(function, &bytes, &size)) {
        return EIO;
    }
    migration->stream = g_byte_array_new();
    append_u32(migration->stream, STREAM_MAGIC);
    append_u32(migration->stream, STREAM_VERSION);
    append_u32(migration->stream, config_size);
    g_byte_array_append(migration->stream, function->config.bytes, config_size);
    g_byte_array_append(migration->stream, bytes, size);
    pvg_free(bytes);
    return 0;
}

static int restore(struct vfio_user_migration *migration)
{
    struct function *function = migration->function;
    struct pvg_cursor cursor = pvg_cursor_over(migration->stream->data, migration->stream->len);
    uint32_t magic = pvg_take_u32(&cursor);
    uint32_t version = pvg_take_u32(&cursor);
    uint32_t config_size = pvg_take_u32(&cursor);
    const uint8_t *config = pvg_take_bytes(&cursor, config_size);

    if (!config || magic != STREAM_MAGIC || version != STREAM_VERSION ||
        config_size != pci_config_size(&function->config)) {
        return EINVAL;
    }
    if (!function_restore(function, cursor.at, cursor.left)) {
        return EINVAL;
    }
    pci_config_write(&function->config, 0, config, config_size);
    return 0;
}

static int leave_running(struct vfio_user_migration *migration)
{
    function_stop(migration->function);
    return 0;
}

static int enter_running(struct vfio_user_migration *migration)
{
    function_start(migration->function);
    return 0;
}

static int leave_stop_copy(struct vfio_user_migration *migration)
{
    drop_stream(migration);
    return 0;
}

static int enter_resuming(struct vfio_user_migration *migration)
{
    migration->stream = g_byte_array_new();
    return 0;
}

static int leave_resuming(struct vfio_user_migration *migration)
{
    int error = restore(migration);

    drop_stream(migration);
    return error;
}

/* The arcs of the state machine; longer moves go through STOP. */
static const struct arc {
    enum vfio_user_mig_state from, to;
    int (*run)(struct vfio_user_migration *migration);
} arcs[] = {
    {VFIO_USER_MIG_RUNNING, VFIO_USER_MIG_STOP, leave_running},
    {VFIO_USER_MIG_STOP, VFIO_USER_MIG_RUNNING, enter_running},
    {VFIO_USER_MIG_STOP, VFIO_USER_MIG_STOP_COPY, save},
    {VFIO_USER_MIG_STOP_COPY, VFIO_USER_MIG_STOP, leave_stop_copy},
    {VFIO_USER_MIG_STOP, VFIO_USER_MIG_RESUMING, enter_resuming},
    {VFIO_USER_MIG_RESUMING, VFIO_USER_MIG_STOP, leave_resuming},
};

static const struct arc *find_arc(enum vfio_user_mig_state from, enum vfio_user_mig_state to)
{
    for (size_t i = 0; i < G_N_ELEMENTS(arcs); i++) {
        if (arcs[i].from == from && arcs[i].to == to) {
            return &arcs[i];
        }
    }
    return NULL;
}

static int follow(struct vfio_user_migration *migration, const struct arc *arc)
{
    int error = arc->run(migration);

    migration->state = error ? VFIO_USER_MIG_ERROR : arc->to;
    return error;
}

int vfio_user_migration_set_state(struct vfio_user_migration *migration,
                                  enum vfio_user_mig_state wanted)
{
    const struct arc *arc = find_arc(migration->state, wanted);
    const struct arc *first = find_arc(migration->state, VFIO_USER_MIG_STOP);
    const struct arc *second = find_arc(VFIO_USER_MIG_STOP, wanted);
    int error;

    if (wanted == migration->state && wanted != VFIO_USER_MIG_ERROR) {
        return 0;
    }
    if (arc) {
        return follow(migration, arc);
    }
    if (!first || !second) {
        return EINVAL;
    }
    error = follow(migration, first);
    return error ? error : follow(migration, second);
}

int vfio_user_migration_read(struct vfio_user_migration *migration, void *bytes, size_t size,
                             size_t *got)
{
    if (migration->state != VFIO_USER_MIG_STOP_COPY) {
        return EINVAL;
    }
    *got = MIN(size, migration->stream->len - migration->at);
    memcpy(bytes, migration->stream->data + migration->at, *got);
    migration->at += *got;
    return 0;
}

int vfio_user_migration_write(struct vfio_user_migration *migration, const void *bytes, size_t size)
{
    if (migration->state != VFIO_USER_MIG_RESUMING) {
        return EINVAL;
    }
    if (size > STREAM_LIMIT - migration->stream->len) {
        return ENOSPC;
    }
    g_byte_array_append(migration->stream, bytes, size);
    return 0;
}
