/* MessagePack, written to memory that grows (https://github.com/msgpack/msgpack/blob/master/spec.md). */
#include <stdlib.h>
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

void hmeval_buffer_free(hmeval_buffer * buffer)
{
    free(buffer->bytes);
    *buffer = (hmeval_buffer){0};
}

hmeval_status hmeval_buffer_status(const hmeval_buffer * buffer)
{
    if (buffer->no_memory) return HMEVAL_NO_MEMORY;
    return buffer->limit && buffer->size > buffer->limit ? HMEVAL_TOO_LARGE : HMEVAL_OK;
}

static bool make_room(hmeval_buffer * buffer, size_t size)
{
    if (buffer->size + size <= buffer->capacity) return true;
    size_t capacity = 2 * (buffer->size + size) + 256;
    uint8_t * bytes = realloc(buffer->bytes, capacity);
    buffer->no_memory |= !bytes;
    if (!bytes) return false;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

void hmeval_append(hmeval_buffer * buffer, const void * bytes, size_t size)
{
    if (!size || !make_room(buffer, size)) return;
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

void hmeval_append_text(hmeval_buffer * buffer, const char * text)
{
    hmeval_append(buffer, text, strlen(text));
}

static void append_callback(const char * start, unsigned size, void * buffer)
{
    hmeval_append(buffer, start, size);
}

void hmeval_append_string(hmeval_session * session, hmeval_buffer * buffer, nix_value * string)
{
    nix_get_string(session->context, string, append_callback, buffer);
}

static void append_byte(hmeval_buffer * buffer, uint8_t byte)
{
    hmeval_append(buffer, &byte, 1);
}

/* MessagePack's numbers have their most significant byte first. */
static void append_number(hmeval_buffer * buffer, uint8_t tag, uint64_t number, int size)
{
    uint8_t bytes[9] = {tag};
    for (int i = 0; i < size; ++i)
        bytes[1 + i] = (uint8_t)(number >> (8 * (size - 1 - i)));
    hmeval_append(buffer, bytes, 1 + (size_t)size);
}

void hmeval_pack_nil(hmeval_buffer * buffer)
{
    append_byte(buffer, 0xc0);
}

void hmeval_pack_bool(hmeval_buffer * buffer, bool value)
{
    append_byte(buffer, value ? 0xc3 : 0xc2);
}

void hmeval_pack_int(hmeval_buffer * buffer, int64_t value)
{
    if (value >= -32 && value <= 127)
        append_byte(buffer, (uint8_t)value);
    else if (value >= INT16_MIN && value <= INT16_MAX)
        append_number(buffer, 0xd1, (uint64_t)value, 2);
    else if (value >= INT32_MIN && value <= INT32_MAX)
        append_number(buffer, 0xd2, (uint64_t)value, 4);
    else
        append_number(buffer, 0xd3, (uint64_t)value, 8);
}

void hmeval_pack_double(hmeval_buffer * buffer, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    append_number(buffer, 0xcb, bits, 8);
}

/* The head of what has a length: `small` is the tag and limit of the shortest form; then tags for 2 and 4 bytes. */
static void append_head(hmeval_buffer * buffer, size_t size, uint8_t small, size_t below, uint8_t tag16, uint8_t tag32)
{
    if (size < below)
        append_byte(buffer, small | (uint8_t)size);
    else if (size <= UINT16_MAX)
        append_number(buffer, tag16, size, 2);
    else
        append_number(buffer, tag32, size, 4);
}

void hmeval_pack_bytes(hmeval_buffer * buffer, const void * bytes, size_t size)
{
    append_head(buffer, size, 0xa0, 32, 0xda, 0xdb);
    hmeval_append(buffer, bytes, size);
}

void hmeval_pack_text(hmeval_buffer * buffer, const char * text)
{
    hmeval_pack_bytes(buffer, text, strlen(text));
}

static void pack_callback(const char * start, unsigned size, void * buffer)
{
    hmeval_pack_bytes(buffer, start, size);
}

void hmeval_pack_string(hmeval_session * session, hmeval_buffer * buffer, nix_value * string)
{
    nix_get_string(session->context, string, pack_callback, buffer);
}

void hmeval_pack_array(hmeval_buffer * buffer, size_t count)
{
    append_head(buffer, count, 0x90, 16, 0xdc, 0xdd);
}

void hmeval_pack_map(hmeval_buffer * buffer, size_t count)
{
    append_head(buffer, count, 0x80, 16, 0xde, 0xdf);
}

void hmeval_pack_extension(hmeval_buffer * buffer, int type, const void * bytes, size_t size)
{
    append_number(buffer, 0xc9, size, 4);
    append_byte(buffer, (uint8_t)type);
    hmeval_append(buffer, bytes, size);
}

enum { COUNT_SIZE = 4 }; /* of a number of entries: 65,536 files and variables are soon read */

size_t hmeval_pack_open_map(hmeval_buffer * buffer)
{
    append_number(buffer, 0xdf, 0, COUNT_SIZE);
    return buffer->size;
}

size_t hmeval_pack_open_array(hmeval_buffer * buffer)
{
    append_number(buffer, 0xdd, 0, COUNT_SIZE);
    return buffer->size;
}

void hmeval_pack_close(hmeval_buffer * buffer, size_t place, size_t count)
{
    if (buffer->no_memory) return;
    for (int i = 1; i <= COUNT_SIZE; ++i, count >>= 8)
        buffer->bytes[place - i] = (uint8_t)count;
}
