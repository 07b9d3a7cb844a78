/* SPDX-License-Identifier: MIT */
/* The part of UEFI that a GOP driver needs, on 64-bit processors. Names are the specification's
 * (UEFI 2.10) in our spelling; members that are not used keep their place as `unused`. */
#ifndef GUEST_UEFI_UEFI_H
#define GUEST_UEFI_UEFI_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define EFIAPI __attribute__((ms_abi))
#else
#define EFIAPI
#endif

typedef uint64_t efi_status;
typedef void *efi_handle;
typedef void efi_unused(void);

#define EFI_SUCCESS             UINT64_C(0)
#define EFI_ERROR_BIT           (UINT64_C(1) << 63)
#define EFI_INVALID_PARAMETER   (EFI_ERROR_BIT | 2)
#define EFI_UNSUPPORTED         (EFI_ERROR_BIT | 3)
#define EFI_DEVICE_ERROR        (EFI_ERROR_BIT | 7)
#define EFI_OUT_OF_RESOURCES    (EFI_ERROR_BIT | 9)

struct efi_guid {
    uint32_t a;
    uint16_t b, c;
    uint8_t d[8];
};

#define EFI_DRIVER_BINDING_GUID                                                                    \
    {0x18a031ab, 0xb443, 0x4d1a, {0xa5, 0xc0, 0x0c, 0x09, 0x26, 0x1e, 0x9f, 0x71}}
#define EFI_COMPONENT_NAME2_GUID                                                                   \
    {0x6a7a5cff, 0xe8d9, 0x4f70, {0xba, 0xda, 0x75, 0xab, 0x30, 0x25, 0xce, 0x14}}
#define EFI_PCI_IO_GUID                                                                            \
    {0x4cf5b200, 0x68b8, 0x4ca5, {0x9e, 0xec, 0xb2, 0x3e, 0x3f, 0x50, 0x02, 0x9a}}
#define EFI_DEVICE_PATH_GUID                                                                       \
    {0x09576e91, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
#define EFI_GRAPHICS_OUTPUT_GUID                                                                   \
    {0x9042a9de, 0x23dc, 0x4a38, {0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a}}

#define EFI_OPEN_GET                 0x02u
#define EFI_OPEN_BY_CHILD_CONTROLLER 0x08u
#define EFI_OPEN_BY_DRIVER           0x10u

enum efi_memory_type {
    EFI_RESERVED_MEMORY = 0,
    EFI_BOOT_SERVICES_DATA = 4,
};

enum efi_allocate_type {
    EFI_ALLOCATE_ANY_PAGES = 0,
    EFI_ALLOCATE_MAX_ADDRESS = 1,
};

struct efi_table_header {
    uint64_t signature;
    uint32_t revision, header_size, crc32, reserved;
};

struct efi_boot_services {
    struct efi_table_header header;
    efi_unused *unused_raise_tpl, *unused_restore_tpl;
    efi_status(EFIAPI *allocate_pages)(enum efi_allocate_type type, enum efi_memory_type memory,
                                       uint64_t pages, uint64_t *address);
    efi_status(EFIAPI *free_pages)(uint64_t address, uint64_t pages);
    efi_unused *unused_get_memory_map;
    efi_status(EFIAPI *allocate_pool)(enum efi_memory_type memory, uint64_t size, void **buffer);
    efi_status(EFIAPI *free_pool)(void *buffer);
    efi_unused *unused_events[6];
    efi_unused *unused_protocols[3]; /* install, reinstall, uninstall */
    efi_unused *unused_handle_protocol;
    efi_unused *unused_reserved;
    efi_unused *unused_lookup[14]; /* register notify to disconnect controller */
    efi_status(EFIAPI *open_protocol)(efi_handle handle, const struct efi_guid *protocol,
                                      void **interface, efi_handle agent, efi_handle controller,
                                      uint32_t attributes);
    efi_status(EFIAPI *close_protocol)(efi_handle handle, const struct efi_guid *protocol,
                                       efi_handle agent, efi_handle controller);
    efi_unused *unused_open_protocol_information;
    efi_unused *unused_protocols_per_handle;
    efi_unused *unused_locate_handle_buffer;
    efi_unused *unused_locate_protocol;
    /* ... protocol, interface pairs, ended by NULL */
    efi_status(EFIAPI *install_multiple_protocol_interfaces)(efi_handle *handle, ...);
    efi_status(EFIAPI *uninstall_multiple_protocol_interfaces)(efi_handle handle, ...);
};

struct efi_system_table {
    struct efi_table_header header;
    uint16_t *vendor;
    uint32_t revision;
    efi_handle unused_console_in_handle;
    void *unused_console_in;
    efi_handle unused_console_out_handle;
    void *unused_console_out;
    efi_handle unused_error_handle;
    void *unused_error;
    void *unused_runtime_services;
    struct efi_boot_services *boot_services;
};

struct efi_device_path {
    uint8_t type, subtype;
    uint8_t length[2]; /* little-endian, of this node with its data */
};

struct efi_driver_binding {
    efi_status(EFIAPI *supported)(struct efi_driver_binding *self, efi_handle controller,
                                  struct efi_device_path *remaining);
    efi_status(EFIAPI *start)(struct efi_driver_binding *self, efi_handle controller,
                              struct efi_device_path *remaining);
    efi_status(EFIAPI *stop)(struct efi_driver_binding *self, efi_handle controller,
                             uint64_t child_count, efi_handle *children);
    uint32_t version;
    efi_handle image;
    efi_handle binding;
};

struct efi_component_name2 {
    efi_status(EFIAPI *driver_name)(struct efi_component_name2 *self, const char *language,
                                    const uint16_t **name);
    efi_status(EFIAPI *controller_name)(struct efi_component_name2 *self, efi_handle controller,
                                        efi_handle child, const char *language,
                                        const uint16_t **name);
    const char *languages;
};

enum efi_pci_width {
    EFI_PCI_WIDTH_UINT32 = 2,
};

enum efi_pci_attribute_operation {
    EFI_PCI_ATTRIBUTES_GET = 0,
    EFI_PCI_ATTRIBUTES_SET = 1,
    EFI_PCI_ATTRIBUTES_ENABLE = 2,
    EFI_PCI_ATTRIBUTES_SUPPORTED = 4,
};

#define EFI_PCI_ATTRIBUTE_MEMORY     UINT64_C(0x200)
#define EFI_PCI_ATTRIBUTE_BUS_MASTER UINT64_C(0x400)

struct efi_pci_io {
    efi_unused *unused_poll[2];
    efi_status(EFIAPI *mem_read)(struct efi_pci_io *self, enum efi_pci_width width, uint8_t bar,
                                 uint64_t offset, uint64_t count, void *buffer);
    efi_status(EFIAPI *mem_write)(struct efi_pci_io *self, enum efi_pci_width width, uint8_t bar,
                                  uint64_t offset, uint64_t count, void *buffer);
    efi_unused *unused_io[2];
    efi_status(EFIAPI *config_read)(struct efi_pci_io *self, enum efi_pci_width width,
                                    uint32_t offset, uint64_t count, void *buffer);
    efi_unused *unused_config_write;
    efi_unused *unused_copy_mem;
    efi_unused *unused_dma[5];
    efi_unused *unused_get_location;
    efi_status(EFIAPI *attributes)(struct efi_pci_io *self,
                                   enum efi_pci_attribute_operation operation,
                                   uint64_t attributes, uint64_t *result);
};

enum efi_pixel_format {
    EFI_PIXEL_BLUE_GREEN_RED_RESERVED = 1,
};

struct efi_gop_mode_info {
    uint32_t version;
    uint32_t width, height;
    uint32_t pixel_format; /* enum efi_pixel_format */
    uint32_t pixel_masks[4];
    uint32_t pixels_per_line;
};

struct efi_gop_mode {
    uint32_t mode_count, mode;
    struct efi_gop_mode_info *info;
    uint64_t info_size;
    uint64_t framebuffer;
    uint64_t framebuffer_size;
};

enum efi_blt_operation {
    EFI_BLT_VIDEO_FILL,
    EFI_BLT_VIDEO_TO_BUFFER,
    EFI_BLT_BUFFER_TO_VIDEO,
    EFI_BLT_VIDEO_TO_VIDEO,
    EFI_BLT_OPERATION_COUNT,
};

struct efi_gop {
    efi_status(EFIAPI *query_mode)(struct efi_gop *self, uint32_t mode, uint64_t *info_size,
                                   struct efi_gop_mode_info **info);
    efi_status(EFIAPI *set_mode)(struct efi_gop *self, uint32_t mode);
    efi_status(EFIAPI *blt)(struct efi_gop *self, uint32_t *buffer,
                            enum efi_blt_operation operation, uint64_t source_x, uint64_t source_y,
                            uint64_t x, uint64_t y, uint64_t width, uint64_t height,
                            uint64_t pitch);
    struct efi_gop_mode *mode;
};

/* The places the specification gives them. */
_Static_assert(offsetof(struct efi_system_table, boot_services) == 0x60, "system table");
_Static_assert(offsetof(struct efi_boot_services, allocate_pages) == 0x28, "boot services");
_Static_assert(offsetof(struct efi_boot_services, allocate_pool) == 0x40, "boot services");
_Static_assert(offsetof(struct efi_boot_services, open_protocol) == 0x118, "boot services");
_Static_assert(offsetof(struct efi_boot_services, install_multiple_protocol_interfaces) == 0x148,
               "boot services");
_Static_assert(offsetof(struct efi_pci_io, mem_read) == 0x10, "PCI I/O");
_Static_assert(offsetof(struct efi_pci_io, config_read) == 0x30, "PCI I/O");
_Static_assert(offsetof(struct efi_pci_io, attributes) == 0x78, "PCI I/O");
_Static_assert(sizeof(struct efi_gop_mode_info) == 36, "GOP mode information");
_Static_assert(sizeof(struct efi_gop_mode) == 40, "GOP mode");

#endif
