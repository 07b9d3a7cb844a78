/* SPDX-License-Identifier: MIT */
/* Vectors and matrices of the demo, laid out as the shaders read them: matrices by columns. Needs
 * no library, and computes the same on every machine. */
#ifndef DEMO_VECTOR_H
#define DEMO_VECTOR_H

#define TURN 6.28318531f

/* Sine, to a millionth: the nearest quarter is taken off, a polynomial does the rest. */
static inline float sine(float angle)
{
    const float turns = angle * (1 / TURN);
    const float whole = (float)(long)(turns + (turns < 0 ? -0.5f : 0.5f));
    float x = (turns - whole) * TURN, xx;

    if (x > TURN / 4) {
        x = TURN / 2 - x;
    } else if (x < -TURN / 4) {
        x = -TURN / 2 - x;
    }
    xx = x * x;
    return x * (1 - xx / 6 * (1 - xx / 20 * (1 - xx / 42 * (1 - xx / 72 * (1 - xx / 110)))));
}

static inline float cosine(float angle)
{
    return sine(angle + TURN / 4);
}

static inline float square_root(float x)
{
    return __builtin_sqrtf(x);
}

static inline float larger(float a, float b)
{
    return a > b ? a : b;
}

static inline float smaller(float a, float b)
{
    return a < b ? a : b;
}

static inline float magnitude(float a)
{
    return a < 0 ? -a : a;
}

struct vec3 {
    float x, y, z;
};

struct mat4 {
    float at[4][4]; /* at[column][row] */
};

static inline struct vec3 vec3_add(struct vec3 a, struct vec3 b)
{
    return (struct vec3){a.x + b.x, a.y + b.y, a.z + b.z};
}

static inline struct vec3 vec3_scale(struct vec3 a, float by)
{
    return (struct vec3){a.x * by, a.y * by, a.z * by};
}

static inline float vec3_dot(struct vec3 a, struct vec3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline struct vec3 vec3_cross(struct vec3 a, struct vec3 b)
{
    return (struct vec3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static inline struct vec3 vec3_unit(struct vec3 a)
{
    return vec3_scale(a, 1 / square_root(vec3_dot(a, a)));
}

static inline struct mat4 mat4_times(const struct mat4 *a, const struct mat4 *b)
{
    struct mat4 product = {0};

    for (unsigned column = 0; column < 4; column++) {
        for (unsigned row = 0; row < 4; row++) {
            for (unsigned i = 0; i < 4; i++) {
                product.at[column][row] += a->at[i][row] * b->at[column][i];
            }
        }
    }
    return product;
}

/* Turned by @angle (radians) about the unit vector @axis, sized by @scale, then put at @to. */
static inline struct mat4 mat4_place(struct vec3 axis, float angle, float scale, struct vec3 to)
{
    const float c = cosine(angle), s = sine(angle), r = 1 - c;
    const float x = axis.x, y = axis.y, z = axis.z;

    return (struct mat4){{
        {scale * (r * x * x + c), scale * (r * x * y + s * z), scale * (r * x * z - s * y), 0},
        {scale * (r * x * y - s * z), scale * (r * y * y + c), scale * (r * y * z + s * x), 0},
        {scale * (r * x * z + s * y), scale * (r * y * z - s * x), scale * (r * z * z + c), 0},
        {to.x, to.y, to.z, 1},
    }};
}

/* A camera at @eye that looks at @target. */
static inline struct mat4 mat4_look(struct vec3 eye, struct vec3 target)
{
    const struct vec3 back = vec3_unit(vec3_add(eye, vec3_scale(target, -1)));
    const struct vec3 right = vec3_unit(vec3_cross((struct vec3){0, 1, 0}, back));
    const struct vec3 up = vec3_cross(back, right);

    return (struct mat4){{
        {right.x, up.x, back.x, 0},
        {right.y, up.y, back.y, 0},
        {right.z, up.z, back.z, 0},
        {-vec3_dot(right, eye), -vec3_dot(up, eye), -vec3_dot(back, eye), 1},
    }};
}

/* Metal's clip space: depth 0 at @near, 1 at @far. @fov is the vertical angle, radians. */
static inline struct mat4 mat4_perspective(float fov, float aspect, float near, float far)
{
    const float f = cosine(fov / 2) / sine(fov / 2);

    return (struct mat4){{
        {f / aspect, 0, 0, 0},
        {0, f, 0, 0},
        {0, 0, far / (near - far), -1},
        {0, 0, near * far / (near - far), 0},
    }};
}

#endif
