/* Values, written to a sink in one piece. */
#define _GNU_SOURCE
#ifdef __APPLE__
#  include <mach-o/dyld.h>
#else
#  include <link.h>
#endif
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
    hmeval_status status = hmeval_pack_value(session, &buffer, value, false, NULL);
    return deliver(&buffer, status, sink, reader);
}

/* The value's text as a string. */
static hmeval_status pack_text_of(
    hmeval_session * session, hmeval_buffer * buffer, nix_value * value, hmeval_failures * failures)
{
    hmeval_buffer text = {0};
    hmeval_status status = hmeval_render(session, &text, value, failures);
    hmeval_pack_bytes(buffer, text.bytes, text.size);
    hmeval_buffer_free(&text);
    return status;
}

hmeval_status hmeval_write_text(hmeval_session * session, nix_value * value, hmeval_sink sink, void * reader)
{
    hmeval_buffer buffer = {0};
    hmeval_status status = pack_text_of(session, &buffer, value, NULL);
    return deliver(&buffer, status, sink, reader);
}

/* As deliver, with the failures behind it. */
static hmeval_status deliver_both(
    hmeval_buffer * buffer, hmeval_failures * failures, hmeval_status status, hmeval_sink sink, void * reader)
{
    hmeval_pack_failures(buffer, failures);
    hmeval_failures_free(failures);
    return deliver(buffer, status, sink, reader);
}

hmeval_status hmeval_write_value_with_failures(
    hmeval_session * session, nix_value * value, hmeval_sink sink, void * reader)
{
    hmeval_buffer buffer = {0};
    hmeval_failures failures = {0};
    hmeval_pack_array(&buffer, 2);
    hmeval_status status = hmeval_pack_value(session, &buffer, value, false, &failures);
    return deliver_both(&buffer, &failures, status, sink, reader);
}

hmeval_status hmeval_write_text_with_failures(
    hmeval_session * session, nix_value * value, hmeval_sink sink, void * reader)
{
    hmeval_buffer buffer = {0};
    hmeval_failures failures = {0};
    hmeval_pack_array(&buffer, 2);
    hmeval_status status = pack_text_of(session, &buffer, value, &failures);
    return deliver_both(&buffer, &failures, status, sink, reader);
}

typedef struct {
    hmeval_buffer * buffer; /* NULL: only count */
    size_t count;
} hmeval_libraries;

static void take_library(hmeval_libraries * libraries, const char * path)
{
    const char * slash = strrchr(path, '/');
    if (!slash || strncmp(slash + 1, "libnix", 6)) return;
    if (libraries->buffer) hmeval_pack_text(libraries->buffer, path);
    ++libraries->count;
}

#ifdef __APPLE__
static void take_libraries(hmeval_libraries * libraries)
{
    for (uint32_t i = 0; i < _dyld_image_count(); ++i)
        take_library(libraries, _dyld_get_image_name(i));
}
#else
static int take_loaded(struct dl_phdr_info * info, size_t size, void * libraries)
{
    (void)size;
    take_library(libraries, info->dlpi_name);
    return 0;
}

static void take_libraries(hmeval_libraries * libraries)
{
    dl_iterate_phdr(take_loaded, libraries);
}
#endif

/* The libraries of Nix in this process. None is loaded meanwhile: the engine has started. */
static void pack_libraries(hmeval_buffer * buffer)
{
    hmeval_libraries counted = {NULL, 0}, packed = {buffer, 0};
    take_libraries(&counted);
    hmeval_pack_array(buffer, counted.count);
    take_libraries(&packed);
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
#ifdef __APPLE__
    hmeval_pack_int(buffer, nanoseconds(&found->st_mtimespec));
    hmeval_pack_int(buffer, nanoseconds(&found->st_ctimespec));
#else
    hmeval_pack_int(buffer, nanoseconds(&found->st_mtim));
    hmeval_pack_int(buffer, nanoseconds(&found->st_ctim));
#endif
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
