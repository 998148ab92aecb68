/* The parts of a value that cannot be evaluated: the rest is written all the same, and they are listed beside it. */
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

void hmeval_failures_free(hmeval_failures * failures)
{
    hmeval_buffer_free(&failures->list);
    failures->count = 0;
}

/* Where colour codes, `ESC [ … letter`, end that begin at `text`. */
static const char * after_colour(const char * text)
{
    while (text[0] == '\033' && text[1] == '[') {
        text += 2;
        text += strspn(text, "0123456789;");
        if (*text) ++text;
    }
    return text;
}

/* An evaluation that has no stack left may fail in any part, whatever that is: it fails as a whole. */
static bool has_no_stack_left(const hmeval_error * error)
{
    if (!strcmp(error->class_name, "nix::StackOverflowError")) return true;
    return strcmp(error->class_name, "nix::ThrownError")
        && !strncmp(after_colour(error->message), "stack overflow", strlen("stack overflow"));
}

static size_t depth_of(const hmeval_part * at)
{
    size_t depth = 0;
    for (; at; at = at->above)
        ++depth;
    return depth;
}

static void pack_path(hmeval_buffer * buffer, const hmeval_part * at)
{
    if (!at) return;
    pack_path(buffer, at->above);
    if (at->name)
        hmeval_pack_text(buffer, at->name);
    else
        hmeval_pack_int(buffer, (int64_t)at->index);
}

hmeval_status hmeval_keep_failure(hmeval_session * session, hmeval_failures * failures, const hmeval_part * at)
{
    const hmeval_error * error = hmeval_session_error(session);
    if (!failures || has_no_stack_left(error)) return HMEVAL_FAILED;
    if (failures->most && failures->count == failures->most) return HMEVAL_TOO_LARGE;
    hmeval_pack_array(&failures->list, 4);
    hmeval_pack_array(&failures->list, depth_of(at));
    pack_path(&failures->list, at);
    hmeval_pack_text(&failures->list, error->class_name);
    hmeval_pack_text(&failures->list, error->message);
    hmeval_pack_text(&failures->list, error->report);
    ++failures->count;
    return hmeval_buffer_status(&failures->list);
}

void hmeval_pack_failures(hmeval_buffer * buffer, const hmeval_failures * failures)
{
    hmeval_pack_array(buffer, failures->count);
    hmeval_append(buffer, failures->list.bytes, failures->list.size);
}

/* The first line of the last error's message, without colours. */
void hmeval_append_failure(hmeval_session * session, hmeval_buffer * text)
{
    hmeval_append_text(text, "«error: ");
    for (const char * at = after_colour(hmeval_session_error(session)->message); *at && *at != '\n';
         at = after_colour(at + 1))
        hmeval_append(text, at, 1);
    hmeval_append_text(text, "»");
}
