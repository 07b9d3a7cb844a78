/* SPDX-License-Identifier: MIT */
/* One display as a window. */
#include "window.h"

#include <SDL.h>
#include <glib.h>
#include <rfb/keysym.h>

#include "base/attributes.h"
#include "keys.h"
#include "qmp.h"

#define WINDOW_DATA "pvg-window"

struct window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture; /* of the picture's size; NULL before the first */
    SDL_Cursor *cursor;   /* NULL: the system's */
    struct qmp *qmp;
    uint32_t width, height;
    uint64_t glyph_serial;
};

void window_destroy(struct window *window)
{
    if (!window) {
        return;
    }
    if (window->cursor) {
        SDL_FreeCursor(window->cursor);
    }
    if (window->texture) {
        SDL_DestroyTexture(window->texture);
    }
    if (window->renderer) {
        SDL_DestroyRenderer(window->renderer);
    }
    if (window->window) {
        SDL_DestroyWindow(window->window);
    }
    g_free(window);
}
PVG_DEFINE_AUTO(window)

struct window *window_create(const char *title, struct qmp *qmp, struct pvg_error *error)
{
    PVG_AUTO(window) window = g_new0(struct window, 1);

    if (SDL_Init(SDL_INIT_VIDEO) < 0) {
        pvg_error_set(error, "cannot open a window: %s; --vnc or --headless do without",
                      SDL_GetError());
        return NULL;
    }
    window->qmp = qmp;
    window->window = SDL_CreateWindow(title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, 640,
                                      480, SDL_WINDOW_RESIZABLE);
    window->renderer = window->window ? SDL_CreateRenderer(window->window, -1, 0) : NULL;
    if (!window->renderer) {
        pvg_error_set(error, "cannot open a window: %s; --vnc or --headless do without",
                      SDL_GetError());
        return NULL;
    }
    SDL_SetWindowData(window->window, WINDOW_DATA, window);
    return g_steal_pointer(&window);
}

static void resize(struct window *window, const struct picture *picture)
{
    if (window->texture) {
        SDL_DestroyTexture(window->texture);
    }
    window->width = picture->width;
    window->height = picture->height;
    window->texture = SDL_CreateTexture(window->renderer, SDL_PIXELFORMAT_RGB888,
                                        SDL_TEXTUREACCESS_STREAMING, picture->width,
                                        picture->height);
    SDL_SetWindowSize(window->window, picture->width, picture->height);
    SDL_RenderSetLogicalSize(window->renderer, picture->width, picture->height);
}

static void redraw(struct window *window)
{
    SDL_RenderClear(window->renderer);
    if (window->texture) {
        SDL_RenderCopy(window->renderer, window->texture, NULL, NULL);
    }
    SDL_RenderPresent(window->renderer);
}

void window_show(struct window *window, const struct picture *picture,
                 const struct picture_change *change)
{
    const SDL_Rect changed = {change->left, change->top, change->right - change->left,
                              change->bottom - change->top};

    if (change->resized) {
        resize(window, picture);
    }
    if (changed.w == 0 || !window->texture) {
        return;
    }
    SDL_UpdateTexture(window->texture, &changed,
                      picture->pixels + (size_t)changed.y * picture->width + changed.x,
                      picture->width * 4);
    redraw(window);
}

void window_show_cursor(struct window *window, const struct pvg_cursor_state *cursor)
{
    bool shown = cursor->visible && cursor->pixels && cursor->width && cursor->height;
    SDL_Surface *surface;

    SDL_ShowCursor(shown || !cursor->glyph_serial ? SDL_ENABLE : SDL_DISABLE);
    if (!shown || cursor->glyph_serial == window->glyph_serial) {
        return;
    }
    window->glyph_serial = cursor->glyph_serial;
    surface = SDL_CreateRGBSurfaceWithFormatFrom((void *)cursor->pixels, cursor->width,
                                                 cursor->height, 32, cursor->width * 4,
                                                 SDL_PIXELFORMAT_ARGB8888);
    if (!surface) {
        return;
    }
    if (window->cursor) {
        SDL_FreeCursor(window->cursor);
    }
    window->cursor = SDL_CreateColorCursor(surface, cursor->hot_x, cursor->hot_y);
    SDL_FreeSurface(surface);
    if (window->cursor) {
        SDL_SetCursor(window->cursor);
    }
}

static uint32_t keysym_of(SDL_Keycode key)
{
    static const struct {
        SDL_Keycode key;
        uint32_t keysym;
    } special[] = {
        {SDLK_RETURN, XK_Return}, {SDLK_ESCAPE, XK_Escape}, {SDLK_BACKSPACE, XK_BackSpace},
        {SDLK_TAB, XK_Tab}, {SDLK_DELETE, XK_Delete}, {SDLK_INSERT, XK_Insert},
        {SDLK_HOME, XK_Home}, {SDLK_END, XK_End}, {SDLK_PAGEUP, XK_Prior},
        {SDLK_PAGEDOWN, XK_Next}, {SDLK_LEFT, XK_Left}, {SDLK_RIGHT, XK_Right},
        {SDLK_UP, XK_Up}, {SDLK_DOWN, XK_Down}, {SDLK_LSHIFT, XK_Shift_L},
        {SDLK_RSHIFT, XK_Shift_R}, {SDLK_LCTRL, XK_Control_L}, {SDLK_RCTRL, XK_Control_R},
        {SDLK_LALT, XK_Alt_L}, {SDLK_RALT, XK_Alt_R}, {SDLK_LGUI, XK_Super_L},
        {SDLK_RGUI, XK_Super_R}, {SDLK_CAPSLOCK, XK_Caps_Lock},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(special); i++) {
        if (special[i].key == key) {
            return special[i].keysym;
        }
    }
    if (key >= SDLK_F1 && key <= SDLK_F12) {
        return XK_F1 + (key - SDLK_F1);
    }
    return key;
}

static void send_key(struct window *window, const SDL_KeyboardEvent *key)
{
    const char *qcode = keys_qcode(keysym_of(key->keysym.sym));

    if (window->qmp && qcode) {
        qmp_key(window->qmp, qcode, key->type == SDL_KEYDOWN);
    }
}

static void send_button(struct window *window, const SDL_MouseButtonEvent *button)
{
    static const char *const names[] = {
        [SDL_BUTTON_LEFT] = "left", [SDL_BUTTON_MIDDLE] = "middle", [SDL_BUTTON_RIGHT] = "right"};

    if (window->qmp && button->button < G_N_ELEMENTS(names) && names[button->button]) {
        qmp_button(window->qmp, names[button->button], button->type == SDL_MOUSEBUTTONDOWN);
    }
}

static void send_wheel(struct window *window, const SDL_MouseWheelEvent *wheel)
{
    const char *name = wheel->y > 0 ? "wheel-up" : "wheel-down";

    if (window->qmp && wheel->y) {
        qmp_button(window->qmp, name, true);
        qmp_button(window->qmp, name, false);
    }
}

static struct window *window_of(uint32_t id)
{
    SDL_Window *sdl = SDL_GetWindowFromID(id);

    return sdl ? SDL_GetWindowData(sdl, WINDOW_DATA) : NULL;
}

static bool serve_event(const SDL_Event *event)
{
    struct window *window = window_of(event->window.windowID);

    if (event->type == SDL_QUIT) {
        return false;
    }
    if (!window) {
        return true;
    }
    switch (event->type) {
    case SDL_WINDOWEVENT:
        if (event->window.event == SDL_WINDOWEVENT_CLOSE) {
            return false;
        }
        if (event->window.event == SDL_WINDOWEVENT_EXPOSED) {
            redraw(window);
        }
        break;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        send_key(window, &event->key);
        break;
    case SDL_MOUSEMOTION:
        if (window->qmp) {
            qmp_move(window->qmp, MAX(event->motion.x, 0), MAX(event->motion.y, 0), window->width,
                     window->height);
        }
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        send_button(window, &event->button);
        break;
    case SDL_MOUSEWHEEL:
        send_wheel(window, &event->wheel);
        break;
    }
    return true;
}

bool windows_serve(void)
{
    SDL_Event event;

    while (SDL_PollEvent(&event)) {
        if (!serve_event(&event)) {
            return false;
        }
    }
    return true;
}
