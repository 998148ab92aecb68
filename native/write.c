/* Values, written to a sink in one piece. */
#define _GNU_SOURCE
#include <link.h>
#include <stdlib.h>
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

/* Hand over what was written, if it was written whole. */
static hmeval_status deliver(hmeval_buffer * buffer, hmeval_status status, hmeval_sink sink, void * reader)
{
    if (status == HMEVAL_OK) status = hmeval_buffer_status(buffer);
    if (status == HMEVAL_OK && sink(reader, buffer->bytes, buffer->size, 0)) status = HMEVAL_STOPPED;
    hmeval_buffer_free(buffer);
    return status;
}

hmeval_status hmeval_write_names(hmeval_session * session, nix_value * set, hmeval_sink sink, void * reader)
{
    hmeval_buffer buffer = {0};
    hmeval_attribute * attributes;
    size_t count;
    hmeval_status status = hmeval_sorted_attributes(session, set, &attributes, &count);
    hmeval_pack_array(&buffer, count);
    for (size_t i = 0; status == HMEVAL_OK && i < count; ++i)
        hmeval_pack_text(&buffer, attributes[i].name);
    free(attributes);
    return deliver(&buffer, status, sink, reader);
}

hmeval_status hmeval_write_value(hmeval_session * session, nix_value * value, hmeval_sink sink, void * reader)
{
    hmeval_buffer buffer = {0};
    hmeval_status status = hmeval_pack_value(session, &buffer, value, false);
    return deliver(&buffer, status, sink, reader);
}

hmeval_status hmeval_write_text(hmeval_session * session, nix_value * value, hmeval_sink sink, void * reader)
{
    hmeval_buffer text = {0}, buffer = {0};
    hmeval_status status = hmeval_render(session, &text, value);
    hmeval_pack_bytes(&buffer, text.bytes, text.size);
    hmeval_buffer_free(&text);
    return deliver(&buffer, status, sink, reader);
}

typedef struct {
    hmeval_buffer * buffer; /* NULL: only count */
    size_t count;
} hmeval_libraries;

static int take_library(struct dl_phdr_info * info, size_t size, void * argument)
{
    hmeval_libraries * libraries = argument;
    const char * slash = strrchr(info->dlpi_name, '/');
    (void)size;
    if (!slash || strncmp(slash + 1, "libnix", 6)) return 0;
    if (libraries->buffer) hmeval_pack_text(libraries->buffer, info->dlpi_name);
    ++libraries->count;
    return 0;
}

/* The libraries of Nix in this process. None is loaded meanwhile: the engine has started. */
static void pack_libraries(hmeval_buffer * buffer)
{
    hmeval_libraries counted = {NULL, 0}, packed = {buffer, 0};
    dl_iterate_phdr(take_library, &counted);
    hmeval_pack_array(buffer, counted.count);
    dl_iterate_phdr(take_library, &packed);
}

static int64_t nanoseconds(const struct timespec * time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static void pack_stat(hmeval_buffer * buffer, const struct stat * found)
{
    if (!found) {
        hmeval_pack_nil(buffer);
        return;
    }
    hmeval_pack_array(buffer, 6);
    hmeval_pack_int(buffer, found->st_mode);
    hmeval_pack_int(buffer, found->st_size);
    hmeval_pack_int(buffer, nanoseconds(&found->st_mtim));
    hmeval_pack_int(buffer, nanoseconds(&found->st_ctim));
    hmeval_pack_int(buffer, found->st_ino);
    hmeval_pack_int(buffer, found->st_dev);
}

void hmeval_pack_input(
    hmeval_buffer * buffer, const char * kind, const char * name, const struct stat * link, const struct stat * target,
    const char * value)
{
    hmeval_pack_array(buffer, 5);
    hmeval_pack_text(buffer, kind);
    hmeval_pack_text(buffer, name);
    pack_stat(buffer, link);
    pack_stat(buffer, target);
    if (value)
        hmeval_pack_text(buffer, value);
    else
        hmeval_pack_nil(buffer);
}

hmeval_status hmeval_write_inputs(hmeval_session * session, hmeval_sink sink, void * reader)
{
    hmeval_buffer buffer = {0};
    (void)session;
    hmeval_pack_array(&buffer, 2);
    pack_libraries(&buffer);
    hmeval_pack_inputs(&buffer);
    return deliver(&buffer, HMEVAL_OK, sink, reader);
}
