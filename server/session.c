/* SPDX-License-Identifier: MIT */
/* One client's connection: requests in, replies out, strictly in order. */
#include "session.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/range.h"
#include "migration.h"
#include "negotiate.h"
#include "sigbus.h"
#include "transport.h"

struct session {
    struct function *function;
    struct vfio_user_transport transport;
    struct vfio_user_migration migration;
    bool negotiated;
    uint8_t *reply; /* VFIO_USER_MAX_PAYLOAD bytes */
    size_t reply_size;
};

static void reply_u32(struct session *session, uint32_t value)
{
    memcpy(session->reply + session->reply_size, &value, sizeof(value));
    session->reply_size += sizeof(value);
}

static void reply_u64(struct session *session, uint64_t value)
{
    memcpy(session->reply + session->reply_size, &value, sizeof(value));
    session->reply_size += sizeof(value);
}

static int run_version(struct session *session, struct vfio_user_message *message)
{
    int error;

    if (session->negotiated) {
        return EINVAL;
    }
    error = vfio_user_negotiate(message->payload, message->payload_size, session->reply,
                                VFIO_USER_MAX_PAYLOAD, &session->reply_size);
    session->negotiated = error == 0;
    return error;
}

static int run_dma_map(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    struct vfio_user_dma_range range;

    pvg_take_skip(&cursor, 4); /* argsz */
    range.flags = pvg_take_u32(&cursor);
    range.offset = pvg_take_u64(&cursor);
    range.address = pvg_take_u64(&cursor);
    range.size = pvg_take_u64(&cursor);
    return function_dma_map(session->function, &range,
                            message->fd_count ? vfio_user_message_take_fd(message, 0) : -1);
}

static int run_dma_unmap(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    uint32_t argsz = pvg_take_u32(&cursor);
    uint32_t flags = pvg_take_u32(&cursor);
    uint64_t address = pvg_take_u64(&cursor);
    uint64_t size = pvg_take_u64(&cursor);
    int error = 0;

    if (flags == VFIO_USER_UNMAP_ALL && address == 0 && size == 0) {
        function_dma_unmap_all(session->function);
    } else {
        error = flags ? EINVAL : function_dma_unmap(session->function, address, size);
    }
    reply_u32(session, argsz);
    reply_u32(session, flags);
    reply_u64(session, address);
    reply_u64(session, size);
    return error;
}

static int run_get_info(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);

    if (pvg_take_u32(&cursor) < 16) {
        return EINVAL;
    }
    reply_u32(session, 16);
    reply_u32(session, VFIO_USER_DEVICE_FLAG_RESET | VFIO_USER_DEVICE_FLAG_PCI);
    reply_u32(session, VFIO_USER_REGION_COUNT);
    reply_u32(session, VFIO_USER_IRQ_COUNT);
    return 0;
}

static uint32_t region_flags(const struct session *session, uint32_t index)
{
    if (function_region_size(session->function, index) == 0) {
        return 0;
    }
    return index == VFIO_USER_REGION_ROM
               ? VFIO_USER_REGION_READABLE
               : VFIO_USER_REGION_READABLE | VFIO_USER_REGION_WRITABLE;
}

static int run_get_region_info(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    uint32_t argsz = pvg_take_u32(&cursor);
    uint32_t index;

    pvg_take_skip(&cursor, 4); /* flags */
    index = pvg_take_u32(&cursor);
    if (argsz < 32 || index >= VFIO_USER_REGION_COUNT) {
        return EINVAL;
    }
    reply_u32(session, 32);
    reply_u32(session, region_flags(session, index));
    reply_u32(session, index);
    reply_u32(session, 0); /* no capabilities */
    reply_u64(session, function_region_size(session->function, index));
    reply_u64(session, 0);
    return 0;
}

static int run_get_irq_info(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    uint32_t argsz = pvg_take_u32(&cursor);
    struct vfio_user_irq_info info;
    uint32_t index;

    pvg_take_skip(&cursor, 4); /* flags */
    index = pvg_take_u32(&cursor);
    if (argsz < 16 || index >= VFIO_USER_IRQ_COUNT) {
        return EINVAL;
    }
    info = vfio_user_irqs_info(index);
    reply_u32(session, 16);
    reply_u32(session, info.flags);
    reply_u32(session, index);
    reply_u32(session, info.count);
    return 0;
}

static int run_set_irqs(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    struct vfio_user_irq_set set;
    int error;

    pvg_take_skip(&cursor, 4); /* argsz */
    set.flags = pvg_take_u32(&cursor);
    set.index = pvg_take_u32(&cursor);
    set.start = pvg_take_u32(&cursor);
    set.count = pvg_take_u32(&cursor);
    error = vfio_user_irqs_set(&session->function->irqs, &set, message->fds, message->fd_count,
                               cursor.at, cursor.left);
    if (!error && set.flags & VFIO_USER_SET_DATA_EVENTFD && session->function->device) {
        /* The guest listens from now on; what was raised before went nowhere. */
        pvg_interrupt_repeat(session->function->device, PVG_INTERRUPT_GFX);
    }
    return error;
}

struct region_access {
    uint64_t offset;
    uint32_t region;
    uint32_t count;
};

static struct region_access take_region_access(struct pvg_cursor *cursor)
{
    struct region_access access;

    access.offset = pvg_take_u64(cursor);
    access.region = pvg_take_u32(cursor);
    access.count = pvg_take_u32(cursor);
    return access;
}

static int check_region_access(const struct session *session, const struct region_access *access)
{
    uint64_t size = access->region < VFIO_USER_REGION_COUNT
                        ? function_region_size(session->function, access->region)
                        : 0;

    if (size == 0 || access->count > VFIO_USER_MAX_DATA ||
        !pvg_range_fits((struct pvg_range){access->offset, access->count}, size)) {
        return EINVAL;
    }
    return 0;
}

static void reply_region_access(struct session *session, const struct region_access *access)
{
    reply_u64(session, access->offset);
    reply_u32(session, access->region);
    reply_u32(session, access->count);
}

static int run_region_read(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    struct region_access access = take_region_access(&cursor);
    int error = check_region_access(session, &access);

    if (error) {
        return error;
    }
    reply_region_access(session, &access);
    if (access.count) {
        error = function_region_read(session->function, access.region, access.offset,
                                     session->reply + session->reply_size, access.count);
    }
    session->reply_size += access.count;
    return error;
}

static int run_region_write(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    struct region_access access = take_region_access(&cursor);
    int error = check_region_access(session, &access);

    if (error || cursor.left < access.count) {
        return EINVAL;
    }
    reply_region_access(session, &access);
    if (access.count) {
        error = function_region_write(session->function, access.region, access.offset, cursor.at,
                                      access.count);
    }
    return error;
}

/* Each entry: an access and room for eight bytes of data. */
#define MULTI_ENTRY_SIZE 24

static int run_region_write_multi(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    uint64_t count = pvg_take_u64(&cursor);
    uint64_t done;

    if (count > cursor.left / MULTI_ENTRY_SIZE) {
        return EINVAL;
    }
    for (done = 0; done < count; done++) {
        struct region_access access = take_region_access(&cursor);
        const uint8_t *data = pvg_take_bytes(&cursor, 8);

        if (access.count == 0 || access.count > 8 || check_region_access(session, &access) ||
            function_region_write(session->function, access.region, access.offset, data,
                                  access.count)) {
            break;
        }
    }
    reply_u64(session, done);
    return done == count ? 0 : EINVAL;
}

static int run_device_reset(struct session *session, struct vfio_user_message *message)
{
    function_reset(session->function);
    vfio_user_migration_reset(&session->migration);
    return 0;
}

static int run_device_feature(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    uint32_t argsz = pvg_take_u32(&cursor);
    uint32_t flags = pvg_take_u32(&cursor);
    uint32_t feature = flags & VFIO_USER_FEATURE_NUMBER_MASK;
    int error = 0;

    if (feature != VFIO_USER_FEATURE_MIGRATION && feature != VFIO_USER_FEATURE_MIG_DEVICE_STATE) {
        return ENOTSUP;
    }
    reply_u32(session, 16);
    reply_u32(session, flags);
    if (flags & VFIO_USER_FEATURE_PROBE) {
        return 0;
    }
    if (flags & VFIO_USER_FEATURE_SET) {
        uint32_t state = pvg_take_u32(&cursor);

        if (feature != VFIO_USER_FEATURE_MIG_DEVICE_STATE || cursor.refusal != PVG_ACCEPTED) {
            return EINVAL;
        }
        error = vfio_user_migration_set_state(&session->migration, state);
    } else if (argsz < 16) {
        return EINVAL;
    }
    if (feature == VFIO_USER_FEATURE_MIGRATION) {
        reply_u64(session, VFIO_USER_MIGRATION_STOP_COPY);
    } else {
        reply_u32(session, session->migration.state);
        reply_u32(session, 0); /* no descriptor: data goes through messages */
    }
    return error;
}

static int run_mig_data_read(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    uint32_t argsz = pvg_take_u32(&cursor);
    uint32_t size = pvg_take_u32(&cursor);
    size_t got;
    int error;

    if (argsz < 8 || size > MIN(VFIO_USER_MAX_DATA, argsz - 8)) {
        return EINVAL;
    }
    error = vfio_user_migration_read(&session->migration, session->reply + 8, size, &got);
    if (error) {
        return error;
    }
    reply_u32(session, 8 + got);
    reply_u32(session, got);
    session->reply_size += got;
    return 0;
}

static int run_mig_data_write(struct session *session, struct vfio_user_message *message)
{
    struct pvg_cursor cursor = pvg_cursor_over(message->payload, message->payload_size);
    uint32_t size;

    pvg_take_skip(&cursor, 4); /* argsz */
    size = pvg_take_u32(&cursor);
    if (size > cursor.left) {
        return EINVAL;
    }
    return vfio_user_migration_write(&session->migration, cursor.at, size);
}

/* What a client may send. A payload shorter than @payload, or more descriptors than @fds, is
 * refused before the handler runs; the handler fills the reply, which an error replaces. */
static const struct command {
    const char *name;
    size_t payload;
    size_t fds;
    int (*run)(struct session *session, struct vfio_user_message *message);
} commands[] = {
    [VFIO_USER_VERSION] = {"VERSION", 4, 0, run_version},
    [VFIO_USER_DMA_MAP] = {"DMA_MAP", 32, 1, run_dma_map},
    [VFIO_USER_DMA_UNMAP] = {"DMA_UNMAP", 24, 0, run_dma_unmap},
    [VFIO_USER_DEVICE_GET_INFO] = {"DEVICE_GET_INFO", 16, 0, run_get_info},
    [VFIO_USER_DEVICE_GET_REGION_INFO] = {"DEVICE_GET_REGION_INFO", 32, 0, run_get_region_info},
    [VFIO_USER_DEVICE_GET_IRQ_INFO] = {"DEVICE_GET_IRQ_INFO", 16, 0, run_get_irq_info},
    [VFIO_USER_DEVICE_SET_IRQS] = {"DEVICE_SET_IRQS", 20, VFIO_USER_MAX_FDS, run_set_irqs},
    [VFIO_USER_REGION_READ] = {"REGION_READ", 16, 0, run_region_read},
    [VFIO_USER_REGION_WRITE] = {"REGION_WRITE", 16, 0, run_region_write},
    [VFIO_USER_DEVICE_RESET] = {"DEVICE_RESET", 0, 0, run_device_reset},
    [VFIO_USER_REGION_WRITE_MULTI] = {"REGION_WRITE_MULTI", 8, 0, run_region_write_multi},
    [VFIO_USER_DEVICE_FEATURE] = {"DEVICE_FEATURE", 8, 0, run_device_feature},
    [VFIO_USER_MIG_DATA_READ] = {"MIG_DATA_READ", 8, 0, run_mig_data_read},
    [VFIO_USER_MIG_DATA_WRITE] = {"MIG_DATA_WRITE", 8, 0, run_mig_data_write},
};

static int run_command(struct session *session, struct vfio_user_message *message)
{
    uint16_t number = message->header.command;
    const struct command *command = number < G_N_ELEMENTS(commands) ? &commands[number] : NULL;

    if (!command || !command->run) {
        return ENOSYS;
    }
    if (message->payload_size < command->payload || message->fd_count > command->fds) {
        return EINVAL;
    }
    return command->run(session, message);
}

/* False when the connection cannot go on. */
static bool answer(struct session *session, struct vfio_user_message *message,
                   struct pvg_error *error)
{
    const struct vfio_user_header *header = &message->header;
    bool posted = header->flags & VFIO_USER_FLAG_NO_REPLY;
    bool sent = true;
    int refused;

    if ((header->flags & VFIO_USER_TYPE_MASK) != VFIO_USER_TYPE_REQUEST) {
        pvg_error_set(error, "the VFIO-user client answered a request that was never made");
        return false;
    }
    if (!session->negotiated && header->command != VFIO_USER_VERSION) {
        pvg_error_set(error, "the VFIO-user client did not begin with VERSION");
        return false;
    }
    session->reply_size = 0;
    refused = run_command(session, message);
    vfio_user_message_finish(message); /* what was not kept is closed by the time the reply comes */
    if (!posted && refused) {
        sent = vfio_user_reply_error(&session->transport, header, refused);
    } else if (!posted) {
        sent = vfio_user_reply(&session->transport, header, session->reply, session->reply_size);
    }
    if (!sent) {
        pvg_error_set(error, "the VFIO-user client does not read its replies");
        return false;
    }
    if (!session->negotiated) {
        pvg_error_set(error, "the VFIO-user client speaks another version of the protocol");
        return false;
    }
    if (sigbus_guard_take_loss()) {
        pvg_error_set(error, "the VFIO-user client shrank the file behind its guest memory");
        return false;
    }
    return true;
}

static bool serve(struct session *session, struct pvg_error *error)
{
    for (;;) {
        struct vfio_user_message message;
        enum vfio_user_received received =
            vfio_user_receive(&session->transport, &message, error);

        if (received != VFIO_USER_RECEIVED) {
            return received == VFIO_USER_CLOSED;
        }
        if (!answer(session, &message, error)) {
            vfio_user_message_finish(&message);
            return false;
        }
    }
}

bool vfio_user_serve(struct function *function, int socket, struct pvg_error *error)
{
    struct session session = {.function = function};
    bool in_order;

    vfio_user_transport_init(&session.transport, socket);
    vfio_user_migration_init(&session.migration, function);
    session.reply = g_malloc(VFIO_USER_MAX_PAYLOAD);
    function_attach(function);

    in_order = serve(&session, error);

    vfio_user_migration_reset(&session.migration); /* a device stopped half-way goes on first */
    function_detach(function);
    g_free(session.reply);
    vfio_user_migration_finish(&session.migration);
    vfio_user_transport_finish(&session.transport);
    return in_order;
}
