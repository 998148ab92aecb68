/* What trace.c, interrupt.c and interpose.c offer, on systems other than Linux: calls within Nix's libraries cannot be
 * led elsewhere there (on macOS each library says in which other one it looks), so that Nix does without it. */
#if !defined(HMEVAL_COMPAT) && !defined(__linux__)

#  define HMEVAL_INTERNAL
#  include "hmeval.h"

bool hmeval_interrupts_available(void)
{
    return false;
}

void hmeval_watch_interrupt(int * flag)
{
    (void)flag;
}

bool hmeval_stack_was_exhausted(void)
{
    return false;
}

void hmeval_restrict(void) {}

void hmeval_getter_begins(void) {}

void hmeval_getter_failed(void) {}

const char * hmeval_unknown_import(void)
{
    return "what libraries call is not seen on this system";
}

void hmeval_trace_start(void) {}

void hmeval_trace_begin(void) {}

void hmeval_trace_state(hmeval_session * session)
{
    (void)session;
}

void hmeval_trace_end(void) {}

void hmeval_trace_forget(const char * folder)
{
    (void)folder;
}

void hmeval_pack_inputs(hmeval_buffer * buffer)
{
    hmeval_pack_nil(buffer);
}

#endif
