/* Values, written to a sink in one piece. */
#include <stdlib.h>

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
