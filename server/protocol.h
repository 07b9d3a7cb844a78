/* SPDX-License-Identifier: MIT */
/* The numbers of the vfio-user protocol that a PCI device server needs. All fields are in host
 * order, which on every supported host is little-endian. Spec: 90-vfio-user 3 to 10, 17. */
#ifndef SERVER_PROTOCOL_H
#define SERVER_PROTOCOL_H

#include <stdint.h>

enum vfio_user_command {
    VFIO_USER_VERSION = 1,
    VFIO_USER_DMA_MAP = 2,
    VFIO_USER_DMA_UNMAP = 3,
    VFIO_USER_DEVICE_GET_INFO = 4,
    VFIO_USER_DEVICE_GET_REGION_INFO = 5,
    VFIO_USER_DEVICE_GET_REGION_IO_FDS = 6,
    VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
    VFIO_USER_DEVICE_SET_IRQS = 8,
    VFIO_USER_REGION_READ = 9,
    VFIO_USER_REGION_WRITE = 10,
    VFIO_USER_DMA_READ = 11,
    VFIO_USER_DMA_WRITE = 12,
    VFIO_USER_DEVICE_RESET = 13,
    VFIO_USER_REGION_WRITE_MULTI = 15,
    VFIO_USER_DEVICE_FEATURE = 16,
    VFIO_USER_MIG_DATA_READ = 17,
    VFIO_USER_MIG_DATA_WRITE = 18,
};

#define VFIO_USER_HEADER_SIZE 16
#define VFIO_USER_MAX_FDS     16
#define VFIO_USER_MAX_DATA    (1u << 20) /* bytes of data in one message, as we negotiate */
#define VFIO_USER_MAX_PAYLOAD (16 + VFIO_USER_MAX_DATA)

#define VFIO_USER_TYPE_MASK     0xfu
#define VFIO_USER_TYPE_REQUEST  0u
#define VFIO_USER_TYPE_REPLY    1u
#define VFIO_USER_FLAG_NO_REPLY 0x10u
#define VFIO_USER_FLAG_ERROR    0x20u

struct vfio_user_header {
    uint16_t id;
    uint16_t command;
    uint32_t size; /* of the whole message, this header included */
    uint32_t flags;
    uint32_t error; /* Linux errno, positive, in error replies */
};

enum vfio_user_region {
    VFIO_USER_REGION_BAR0 = 0,
    VFIO_USER_REGION_BAR5 = 5,
    VFIO_USER_REGION_ROM = 6,
    VFIO_USER_REGION_CONFIG = 7,
    VFIO_USER_REGION_VGA = 8,
    VFIO_USER_REGION_COUNT = 9,
};

#define VFIO_USER_REGION_READABLE 1u
#define VFIO_USER_REGION_WRITABLE 2u

#define VFIO_USER_DEVICE_FLAG_RESET 1u
#define VFIO_USER_DEVICE_FLAG_PCI   2u

#define VFIO_USER_DMA_READABLE 1u
#define VFIO_USER_DMA_WRITABLE 2u
#define VFIO_USER_UNMAP_ALL    2u

enum vfio_user_irq {
    VFIO_USER_IRQ_INTX = 0,
    VFIO_USER_IRQ_MSI = 1,
    VFIO_USER_IRQ_MSIX = 2,
    VFIO_USER_IRQ_ERR = 3,
    VFIO_USER_IRQ_REQ = 4,
    VFIO_USER_IRQ_COUNT = 5,
};

#define VFIO_USER_IRQ_EVENTFD   1u
#define VFIO_USER_IRQ_NO_RESIZE 8u

#define VFIO_USER_SET_DATA_NONE    0x01u
#define VFIO_USER_SET_DATA_BOOL    0x02u
#define VFIO_USER_SET_DATA_EVENTFD 0x04u
#define VFIO_USER_SET_DATA_MASK    0x07u
#define VFIO_USER_SET_MASK         0x08u
#define VFIO_USER_SET_UNMASK       0x10u
#define VFIO_USER_SET_TRIGGER      0x20u
#define VFIO_USER_SET_ACTION_MASK  0x38u

#define VFIO_USER_FEATURE_NUMBER_MASK 0xffffu
#define VFIO_USER_FEATURE_GET         0x10000u
#define VFIO_USER_FEATURE_SET         0x20000u
#define VFIO_USER_FEATURE_PROBE       0x40000u

enum vfio_user_feature {
    VFIO_USER_FEATURE_MIGRATION = 1,
    VFIO_USER_FEATURE_MIG_DEVICE_STATE = 2,
};

#define VFIO_USER_MIGRATION_STOP_COPY 1u

enum vfio_user_mig_state {
    VFIO_USER_MIG_ERROR = 0,
    VFIO_USER_MIG_STOP = 1,
    VFIO_USER_MIG_RUNNING = 2,
    VFIO_USER_MIG_STOP_COPY = 3,
    VFIO_USER_MIG_RESUMING = 4,
};

#endif
