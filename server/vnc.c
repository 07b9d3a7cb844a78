/* SPDX-License-Identifier: MIT */
/* One display as a VNC server. */
#include "vnc.h"

#include <arpa/inet.h>
#include <glib.h>
#include <rfb/rfb.h>
#include <string.h>

#include "base/attributes.h"
#include "keys.h"
#include "qmp.h"

#define FIRST_PORT                  5900
#define WIDTH_BEFORE_FIRST_PICTURE  640
#define HEIGHT_BEFORE_FIRST_PICTURE 480

struct vnc {
    rfbScreenInfoPtr screen;
    struct qmp *qmp;
    uint32_t *blank; /* shown before the first picture */
    int buttons;
    uint64_t glyph_serial;
};

static void key_event(rfbBool down, rfbKeySym keysym, rfbClientPtr client)
{
    struct vnc *vnc = client->screen->screenData;
    const char *qcode = keys_qcode(keysym);

    if (vnc->qmp && qcode) {
        qmp_key(vnc->qmp, qcode, down);
    }
}

static void pointer_event(int buttons, int x, int y, rfbClientPtr client)
{
    static const char *const names[] = {"left", "middle", "right", "wheel-up", "wheel-down"};
    struct vnc *vnc = client->screen->screenData;
    int changed = buttons ^ vnc->buttons;

    if (!vnc->qmp) {
        return;
    }
    qmp_move(vnc->qmp, MAX(x, 0), MAX(y, 0), client->screen->width, client->screen->height);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (changed & 1 << i) {
            qmp_button(vnc->qmp, names[i], buttons & 1 << i);
        }
    }
    vnc->buttons = buttons;
}

static bool listen_on(rfbScreenInfoPtr screen, const char *address, int port,
                      struct pvg_error *error)
{
    struct in6_addr six;

    screen->autoPort = port == 0;
    screen->port = screen->ipv6port = port ? port : FIRST_PORT;
    if (inet_pton(AF_INET6, address, &six) == 1) {
        screen->listen6Interface = (char *)address;
        screen->listenInterface = htonl(INADDR_LOOPBACK);
    } else if (inet_pton(AF_INET, address, &screen->listenInterface) == 1) {
        screen->ipv6port = 0;
    } else {
        pvg_error_set(error, "\"%s\" is no address to listen on; give one such as 127.0.0.1",
                      address);
        return false;
    }
    rfbInitServer(screen);
    if (screen->listenSock < 0 && screen->listen6Sock < 0) {
        pvg_error_set(error, "cannot listen for VNC on %s port %d: is it taken? another: --vnc %s:%d",
                      address, screen->port, address, screen->port + 1);
        return false;
    }
    return true;
}

void vnc_destroy(struct vnc *vnc)
{
    if (!vnc) {
        return;
    }
    if (vnc->screen) {
        rfbShutdownServer(vnc->screen, TRUE);
        rfbScreenCleanup(vnc->screen);
    }
    g_free(vnc->blank);
    g_free(vnc);
}
PVG_DEFINE_AUTO(vnc)

static void no_log(const char *format, ...)
{
}

struct vnc *vnc_create(const char *address, int port, const char *name, struct qmp *qmp,
                       struct pvg_error *error)
{
    PVG_AUTO(vnc) vnc = g_new0(struct vnc, 1);
    rfbScreenInfoPtr screen;

    rfbLog = no_log;
    screen = rfbGetScreen(NULL, NULL, WIDTH_BEFORE_FIRST_PICTURE, HEIGHT_BEFORE_FIRST_PICTURE, 8, 3,
                          4);
    if (!screen) {
        pvg_error_set(error, "cannot make a VNC server: out of memory");
        return NULL;
    }
    vnc->screen = screen;
    vnc->qmp = qmp;
    vnc->blank = g_new0(uint32_t, WIDTH_BEFORE_FIRST_PICTURE * HEIGHT_BEFORE_FIRST_PICTURE);
    screen->screenData = vnc;
    screen->frameBuffer = (char *)vnc->blank;
    screen->desktopName = name;
    screen->alwaysShared = TRUE;
    screen->serverFormat.redShift = 16;
    screen->serverFormat.greenShift = 8;
    screen->serverFormat.blueShift = 0;
    screen->kbdAddEvent = key_event;
    screen->ptrAddEvent = pointer_event;
    screen->cursor = NULL; /* the guest's own, once it has one */
    if (!listen_on(screen, address, port, error)) {
        return NULL;
    }
    return g_steal_pointer(&vnc);
}

int vnc_port(const struct vnc *vnc)
{
    return vnc->screen->port;
}

bool vnc_is_watched(const struct vnc *vnc)
{
    return vnc->screen->clientHead;
}

void vnc_show(struct vnc *vnc, const struct picture *picture, const struct picture_change *change)
{
    if (change->resized) {
        rfbNewFramebuffer(vnc->screen, (char *)picture->pixels, picture->width, picture->height, 8,
                          3, 4);
        vnc->screen->serverFormat.redShift = 16;
        vnc->screen->serverFormat.blueShift = 0;
    }
    if (change->left != change->right) {
        rfbMarkRectAsModified(vnc->screen, change->left, change->top, change->right,
                              change->bottom);
    }
}

/* libvncserver frees with free() what a cursor that asks for it holds. */
static rfbCursorPtr make_cursor(const struct pvg_cursor_state *cursor)
{
    size_t count = (size_t)cursor->width * cursor->height;
    rfbCursorPtr glyph = calloc(1, sizeof(*glyph));
    unsigned char *colour = malloc(count * 4), *alpha = malloc(count);

    for (size_t i = 0; i < count; i++) {
        memcpy(colour + i * 4, &cursor->pixels[i], 4);
        alpha[i] = cursor->pixels[i] >> 24;
    }
    glyph->cleanup = glyph->cleanupMask = glyph->cleanupRichSource = TRUE;
    glyph->width = cursor->width;
    glyph->height = cursor->height;
    glyph->xhot = cursor->hot_x;
    glyph->yhot = cursor->hot_y;
    glyph->richSource = colour;
    glyph->alphaSource = alpha;
    glyph->alphaPreMultiplied = TRUE;
    glyph->mask = (unsigned char *)rfbMakeMaskFromAlphaSource(glyph->width, glyph->height, alpha);
    return glyph;
}

void vnc_show_cursor(struct vnc *vnc, const struct pvg_cursor_state *cursor)
{
    rfbScreenInfoPtr screen = vnc->screen;
    bool shown = cursor->visible && cursor->pixels && cursor->width && cursor->height;
    uint64_t serial = shown ? cursor->glyph_serial : 0;
    rfbClientIteratorPtr clients;
    rfbClientPtr client;

    if (serial != vnc->glyph_serial) {
        vnc->glyph_serial = serial;
        rfbSetCursor(screen, shown ? make_cursor(cursor) : NULL);
    }
    if (screen->cursorX == cursor->x && screen->cursorY == cursor->y) {
        return;
    }
    screen->cursorX = CLAMP(cursor->x, 0, screen->width - 1);
    screen->cursorY = CLAMP(cursor->y, 0, screen->height - 1);
    clients = rfbGetClientIterator(screen);
    while ((client = rfbClientIteratorNext(clients))) {
        client->cursorWasMoved = TRUE;
    }
    rfbReleaseClientIterator(clients);
}

void vnc_wait(const struct vnc *vnc, fd_set *wait, int *highest)
{
    for (int fd = 0; fd <= vnc->screen->maxFd; fd++) {
        if (FD_ISSET(fd, &vnc->screen->allFds)) {
            FD_SET(fd, wait);
            *highest = MAX(*highest, fd);
        }
    }
}

void vnc_serve(struct vnc *vnc)
{
    rfbProcessEvents(vnc->screen, 0);
}
