/* SPDX-License-Identifier: MIT */
/* X11 key symbols to QEMU's key codes. */
#include "keys.h"

#include <rfb/keysym.h>
#include <stddef.h>

struct key {
    uint32_t keysym;
    const char *qcode;
};

/* Symbols of the Latin-1 range, by their code: letters and digits are their own names. */
static const char *const printable[128] = {
    [' '] = "spc",
    ['!'] = "1", ['1'] = "1", ['@'] = "2", ['2'] = "2", ['#'] = "3", ['3'] = "3",
    ['$'] = "4", ['4'] = "4", ['%'] = "5", ['5'] = "5", ['^'] = "6", ['6'] = "6",
    ['&'] = "7", ['7'] = "7", ['*'] = "8", ['8'] = "8", ['('] = "9", ['9'] = "9",
    [')'] = "0", ['0'] = "0",
    ['-'] = "minus", ['_'] = "minus", ['='] = "equal", ['+'] = "equal",
    ['['] = "bracket_left", ['{'] = "bracket_left",
    [']'] = "bracket_right", ['}'] = "bracket_right",
    ['\\'] = "backslash", ['|'] = "backslash",
    [';'] = "semicolon", [':'] = "semicolon", ['\''] = "apostrophe", ['"'] = "apostrophe",
    ['`'] = "grave_accent", ['~'] = "grave_accent",
    [','] = "comma", ['<'] = "comma", ['.'] = "dot", ['>'] = "dot", ['/'] = "slash", ['?'] = "slash",
    ['a'] = "a", ['b'] = "b", ['c'] = "c", ['d'] = "d", ['e'] = "e", ['f'] = "f", ['g'] = "g",
    ['h'] = "h", ['i'] = "i", ['j'] = "j", ['k'] = "k", ['l'] = "l", ['m'] = "m", ['n'] = "n",
    ['o'] = "o", ['p'] = "p", ['q'] = "q", ['r'] = "r", ['s'] = "s", ['t'] = "t", ['u'] = "u",
    ['v'] = "v", ['w'] = "w", ['x'] = "x", ['y'] = "y", ['z'] = "z",
};

static const struct key named[] = {
    {XK_BackSpace, "backspace"}, {XK_Tab, "tab"}, {XK_ISO_Left_Tab, "tab"}, {XK_Return, "ret"},
    {XK_Escape, "esc"}, {XK_Delete, "delete"}, {XK_Insert, "insert"},
    {XK_Home, "home"}, {XK_End, "end"}, {XK_Prior, "pgup"}, {XK_Next, "pgdn"},
    {XK_Left, "left"}, {XK_Right, "right"}, {XK_Up, "up"}, {XK_Down, "down"},
    {XK_Shift_L, "shift"}, {XK_Shift_R, "shift_r"},
    {XK_Control_L, "ctrl"}, {XK_Control_R, "ctrl_r"},
    {XK_Alt_L, "alt"}, {XK_Alt_R, "alt_r"}, {XK_ISO_Level3_Shift, "alt_r"},
    {XK_Meta_L, "meta_l"}, {XK_Meta_R, "meta_r"}, {XK_Super_L, "meta_l"}, {XK_Super_R, "meta_r"},
    {XK_Caps_Lock, "caps_lock"}, {XK_Num_Lock, "num_lock"}, {XK_Scroll_Lock, "scroll_lock"},
    {XK_Print, "print"}, {XK_Pause, "pause"}, {XK_Menu, "menu"},
    {XK_F1, "f1"}, {XK_F2, "f2"}, {XK_F3, "f3"}, {XK_F4, "f4"}, {XK_F5, "f5"}, {XK_F6, "f6"},
    {XK_F7, "f7"}, {XK_F8, "f8"}, {XK_F9, "f9"}, {XK_F10, "f10"}, {XK_F11, "f11"}, {XK_F12, "f12"},
    {XK_KP_0, "kp_0"}, {XK_KP_1, "kp_1"}, {XK_KP_2, "kp_2"}, {XK_KP_3, "kp_3"}, {XK_KP_4, "kp_4"},
    {XK_KP_5, "kp_5"}, {XK_KP_6, "kp_6"}, {XK_KP_7, "kp_7"}, {XK_KP_8, "kp_8"}, {XK_KP_9, "kp_9"},
    {XK_KP_Add, "kp_add"}, {XK_KP_Subtract, "kp_subtract"}, {XK_KP_Multiply, "kp_multiply"},
    {XK_KP_Divide, "kp_divide"}, {XK_KP_Decimal, "kp_decimal"}, {XK_KP_Enter, "kp_enter"},
};

const char *keys_qcode(uint32_t keysym)
{
    if (keysym >= 'A' && keysym <= 'Z') {
        return printable[keysym - 'A' + 'a'];
    }
    if (keysym < sizeof(printable) / sizeof(printable[0])) {
        return printable[keysym];
    }
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (named[i].keysym == keysym) {
            return named[i].qcode;
        }
    }
    return NULL;
}
