/* SPDX-License-Identifier: MIT */
/* The UEFI driver in the apple-gfx option ROM: binds to the PCI function and publishes its display
 * as Graphics Output Protocol on a child handle. Spec: 91-uefi-rom 4, 5. */
#include <stdbool.h>
#include <stddef.h>

#include "display.h"
#include "uefi.h"

#define APPLE_GFX_ID 0xeeee106bu /* configuration dword 0 */

#define DEVICE_PATH_ACPI     0x02
#define DEVICE_PATH_ADR      0x03
#define DEVICE_PATH_END      0x7f
#define DEVICE_PATH_END_ALL  0xff
#define ADR_SIZE             8
#define ADR_BUILTIN_DISPLAY  0x80010100u

static const struct efi_guid binding_guid = EFI_DRIVER_BINDING_GUID;
static const struct efi_guid name_guid = EFI_COMPONENT_NAME2_GUID;
static const struct efi_guid pci_io_guid = EFI_PCI_IO_GUID;
static const struct efi_guid device_path_guid = EFI_DEVICE_PATH_GUID;
static const struct efi_guid gop_guid = EFI_GRAPHICS_OUTPUT_GUID;

static struct efi_boot_services *firmware;

/* One started function; GOP calls find it from their first argument, which is its first member. */
struct adapter {
    struct efi_gop gop;
    struct efi_gop_mode gop_mode;
    struct efi_gop_mode_info info;
    struct display display;
    struct efi_pci_io *pci;
    uint64_t original_attributes;
    efi_handle controller;
    efi_handle child;
    struct efi_device_path *path; /* of the child; pool memory */
};

/* The compiler may call these for structures it copies or clears. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)to)[i] = value;
    }
    return to;
}

static void describe(const struct display *display, uint32_t mode, struct efi_gop_mode_info *info)
{
    *info = (struct efi_gop_mode_info){
        .width = display->modes[mode].width,
        .height = display->modes[mode].height,
        .pixel_format = EFI_PIXEL_BLUE_GREEN_RED_RESERVED,
        .pixels_per_line = display->modes[mode].stride / 4,
    };
}

static void publish_mode(struct adapter *adapter)
{
    const struct display *display = &adapter->display;
    const struct display_mode *mode = &display->modes[display->mode];

    describe(display, display->mode, &adapter->info);
    adapter->gop_mode = (struct efi_gop_mode){
        .mode_count = display->mode_count,
        .mode = display->mode,
        .info = &adapter->info,
        .info_size = sizeof(adapter->info),
        .framebuffer = display->framebuffer,
        .framebuffer_size = (uint64_t)mode->stride * mode->height,
    };
}

static efi_status EFIAPI query_mode(struct efi_gop *gop, uint32_t mode, uint64_t *info_size,
                                    struct efi_gop_mode_info **info)
{
    struct adapter *adapter = (struct adapter *)gop;
    efi_status status;
    void *copy;

    if (!gop || !info_size || !info || mode >= adapter->display.mode_count) {
        return EFI_INVALID_PARAMETER;
    }
    status = firmware->allocate_pool(EFI_BOOT_SERVICES_DATA, sizeof(**info), &copy);
    if (status != EFI_SUCCESS) {
        return status;
    }
    *info = copy;
    *info_size = sizeof(**info);
    describe(&adapter->display, mode, *info);
    return EFI_SUCCESS;
}

static efi_status EFIAPI set_mode(struct efi_gop *gop, uint32_t mode)
{
    struct adapter *adapter = (struct adapter *)gop;
    efi_status status = display_set_mode(&adapter->display, mode);

    if (status == EFI_SUCCESS) {
        publish_mode(adapter);
    }
    return status;
}

static efi_status EFIAPI blt(struct efi_gop *gop, uint32_t *buffer,
                             enum efi_blt_operation operation, uint64_t source_x,
                             uint64_t source_y, uint64_t x, uint64_t y, uint64_t width,
                             uint64_t height, uint64_t pitch)
{
    struct adapter *adapter = (struct adapter *)gop;
    const struct blt_screen screen = display_screen(&adapter->display);
    const struct blt_request request = {operation, source_x, source_y, x, y, width, height, pitch};

    return blt_run(&screen, &request, buffer);
}

static uint32_t node_length(const struct efi_device_path *node)
{
    return node->length[0] | (uint32_t)node->length[1] << 8;
}

/* The controller's path with one node for the display behind it. */
static efi_status make_path(struct adapter *adapter, const struct efi_device_path *parent)
{
    static const uint8_t tail[] = {
        DEVICE_PATH_ACPI, DEVICE_PATH_ADR, ADR_SIZE, 0,
        ADR_BUILTIN_DISPLAY & 0xff, ADR_BUILTIN_DISPLAY >> 8 & 0xff,
        ADR_BUILTIN_DISPLAY >> 16 & 0xff, ADR_BUILTIN_DISPLAY >> 24,
        DEVICE_PATH_END, DEVICE_PATH_END_ALL, 4, 0,
    };
    const uint8_t *bytes = (const uint8_t *)parent;
    uint64_t size = 0;
    efi_status status;
    void *path;

    while (bytes[size] != DEVICE_PATH_END) {
        size += node_length((const struct efi_device_path *)(bytes + size));
    }
    status = firmware->allocate_pool(EFI_BOOT_SERVICES_DATA, size + sizeof(tail), &path);
    if (status != EFI_SUCCESS) {
        return status;
    }
    memcpy(path, bytes, size);
    memcpy((uint8_t *)path + size, tail, sizeof(tail));
    adapter->path = path;
    return EFI_SUCCESS;
}

static efi_status enable_function(struct adapter *adapter)
{
    struct efi_pci_io *pci = adapter->pci;
    uint64_t supported = 0;
    efi_status status = pci->attributes(pci, EFI_PCI_ATTRIBUTES_GET, 0,
                                        &adapter->original_attributes);

    if (status != EFI_SUCCESS) {
        return status;
    }
    status = pci->attributes(pci, EFI_PCI_ATTRIBUTES_SUPPORTED, 0, &supported);
    if (status != EFI_SUCCESS) {
        return status;
    }
    return pci->attributes(
        pci, EFI_PCI_ATTRIBUTES_ENABLE,
        supported & (EFI_PCI_ATTRIBUTE_MEMORY | EFI_PCI_ATTRIBUTE_BUS_MASTER), NULL);
}

static efi_status publish_child(struct adapter *adapter, struct efi_driver_binding *self)
{
    struct efi_device_path *parent;
    void *pci;
    efi_status status = firmware->open_protocol(adapter->controller, &device_path_guid,
                                                (void **)&parent, self->binding,
                                                adapter->controller, EFI_OPEN_GET);

    if (status != EFI_SUCCESS) {
        return status;
    }
    status = make_path(adapter, parent);
    if (status != EFI_SUCCESS) {
        return status;
    }
    status = firmware->install_multiple_protocol_interfaces(
        &adapter->child, &device_path_guid, adapter->path, &gop_guid, &adapter->gop, NULL);
    if (status != EFI_SUCCESS) {
        return status;
    }
    return firmware->open_protocol(adapter->controller, &pci_io_guid, &pci, self->binding,
                                   adapter->child, EFI_OPEN_BY_CHILD_CONTROLLER);
}

/* Undoes publish_child, complete or not. */
static efi_status withdraw_child(struct adapter *adapter, struct efi_driver_binding *self)
{
    if (adapter->child) {
        efi_status status;

        firmware->close_protocol(adapter->controller, &pci_io_guid, self->binding, adapter->child);
        status = firmware->uninstall_multiple_protocol_interfaces(
            adapter->child, &device_path_guid, adapter->path, &gop_guid, &adapter->gop, NULL);
        if (status != EFI_SUCCESS) {
            void *pci;

            firmware->open_protocol(adapter->controller, &pci_io_guid, &pci, self->binding,
                                    adapter->child, EFI_OPEN_BY_CHILD_CONTROLLER);
            return status;
        }
        adapter->child = NULL;
    }
    if (adapter->path) {
        firmware->free_pool(adapter->path);
        adapter->path = NULL;
    }
    return EFI_SUCCESS;
}

/* UEFI calls back with the controller alone, so the started ones are listed here. */
#define ADAPTERS_MAX 8
static struct adapter *adapters[ADAPTERS_MAX];

static struct adapter **find_slot(efi_handle controller)
{
    for (size_t i = 0; i < ADAPTERS_MAX; i++) {
        if (controller ? adapters[i] && adapters[i]->controller == controller : !adapters[i]) {
            return &adapters[i];
        }
    }
    return NULL;
}

static efi_status start_adapter(struct adapter *adapter, struct efi_driver_binding *self)
{
    efi_status status = enable_function(adapter);

    if (status == EFI_SUCCESS) {
        status = display_init(&adapter->display, firmware, adapter->pci);
    }
    if (status == EFI_SUCCESS) {
        adapter->gop.query_mode = query_mode;
        adapter->gop.set_mode = set_mode;
        adapter->gop.blt = blt;
        adapter->gop.mode = &adapter->gop_mode;
        publish_mode(adapter);
        status = publish_child(adapter, self);
    }
    return status;
}

static void stop_adapter(struct adapter *adapter, struct efi_driver_binding *self)
{
    display_finish(&adapter->display);
    adapter->pci->attributes(adapter->pci, EFI_PCI_ATTRIBUTES_SET, adapter->original_attributes,
                             NULL);
    firmware->close_protocol(adapter->controller, &pci_io_guid, self->binding,
                             adapter->controller);
    firmware->free_pool(adapter);
}

static efi_status EFIAPI supported(struct efi_driver_binding *self, efi_handle controller,
                                   struct efi_device_path *remaining)
{
    struct efi_pci_io *pci;
    uint32_t id = 0;
    efi_status status = firmware->open_protocol(controller, &pci_io_guid, (void **)&pci,
                                                self->binding, controller, EFI_OPEN_BY_DRIVER);

    if (status != EFI_SUCCESS) {
        return status;
    }
    status = pci->config_read(pci, EFI_PCI_WIDTH_UINT32, 0, 1, &id);
    firmware->close_protocol(controller, &pci_io_guid, self->binding, controller);
    if (status != EFI_SUCCESS) {
        return status;
    }
    return id == APPLE_GFX_ID ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

static efi_status EFIAPI start(struct efi_driver_binding *self, efi_handle controller,
                               struct efi_device_path *remaining)
{
    struct adapter **slot = find_slot(NULL), *adapter;
    efi_status status;

    if (!slot) {
        return EFI_OUT_OF_RESOURCES;
    }
    status = firmware->allocate_pool(EFI_BOOT_SERVICES_DATA, sizeof(*adapter), (void **)&adapter);
    if (status != EFI_SUCCESS) {
        return status;
    }
    memset(adapter, 0, sizeof(*adapter));
    adapter->controller = controller;
    status = firmware->open_protocol(controller, &pci_io_guid, (void **)&adapter->pci,
                                     self->binding, controller, EFI_OPEN_BY_DRIVER);
    if (status != EFI_SUCCESS) {
        firmware->free_pool(adapter);
        return status;
    }
    status = start_adapter(adapter, self);
    if (status != EFI_SUCCESS) {
        withdraw_child(adapter, self);
        stop_adapter(adapter, self);
        return status;
    }
    *slot = adapter;
    return EFI_SUCCESS;
}

/* Called first with the child, then without. */
static efi_status EFIAPI stop(struct efi_driver_binding *self, efi_handle controller,
                              uint64_t child_count, efi_handle *children)
{
    struct adapter **slot = find_slot(controller);

    if (!slot) {
        return EFI_DEVICE_ERROR;
    }
    if (child_count) {
        return withdraw_child(*slot, self);
    }
    stop_adapter(*slot, self);
    *slot = NULL;
    return EFI_SUCCESS;
}

static efi_status EFIAPI driver_name(struct efi_component_name2 *self, const char *language,
                                     const uint16_t **name)
{
    *name = u"vmapple apple-gfx display driver";
    return EFI_SUCCESS;
}

static efi_status EFIAPI controller_name(struct efi_component_name2 *self, efi_handle controller,
                                         efi_handle child, const char *language,
                                         const uint16_t **name)
{
    return EFI_UNSUPPORTED;
}

static struct efi_driver_binding binding = {
    .supported = supported,
    .start = start,
    .stop = stop,
    .version = 0x10,
};

static struct efi_component_name2 component_name = {
    .driver_name = driver_name,
    .controller_name = controller_name,
    .languages = "en",
};

efi_status EFIAPI efi_main(efi_handle image, struct efi_system_table *system);

efi_status EFIAPI efi_main(efi_handle image, struct efi_system_table *system)
{
    firmware = system->boot_services;
    binding.image = image;
    binding.binding = image;
    return firmware->install_multiple_protocol_interfaces(&image, &binding_guid, &binding,
                                                          &name_guid, &component_name, NULL);
}
