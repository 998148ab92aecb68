/* A session: one evaluation state, and the thread that owns it. */
#include <stdlib.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

static const char * const builtin_expressions[HMEVAL_BUILTIN_COUNT] = {
    [HMEVAL_TO_JSON] = "builtins.toJSON",
    [HMEVAL_FUNCTION_ARGS] = "builtins.functionArgs",
    [HMEVAL_CALL_FUNCTOR] = "set: set.__functor set",
    /* What lib.generators.toPretty interpolates. */
    [HMEVAL_PRETTY] = "set: \"${set.__pretty set.val}\"",
    [HMEVAL_DERIVATION_NAME] = "set: \"${set.name or \"???\"}\"",
};

static hmeval_status open_state(hmeval_session * session, const char * store_uri, const char ** lookup_path)
{
    Store * store = hmeval_store(session, store_uri);
    if (!store) return hmeval_check(session) == HMEVAL_OK ? HMEVAL_NO_MEMORY : HMEVAL_FAILED;
    session->state = nix_state_create(session->context, lookup_path, store);
    return hmeval_check(session);
}

static hmeval_status find_builtins(hmeval_session * session)
{
    hmeval_status status = HMEVAL_OK;
    for (int i = 0; status == HMEVAL_OK && i < HMEVAL_BUILTIN_COUNT; ++i)
        status = hmeval_evaluate(session, builtin_expressions[i], "/", &session->builtins[i]);
    return status;
}

hmeval_session * hmeval_session_open(const char * store_uri, const char ** lookup_path, hmeval_status * status)
{
    hmeval_session * session = calloc(1, sizeof(*session));
    *status = HMEVAL_NO_MEMORY;
    if (!session) return NULL;
    hmeval_thread_register();
    session->error = (hmeval_error){"", "", ""};
    session->context = nix_c_context_create();
    if (session->context) *status = open_state(session, store_uri, lookup_path);
    if (*status == HMEVAL_OK) *status = find_builtins(session);
#ifdef HMEVAL_COMPAT
    nix_compat_watch_interrupt(&session->interrupted);
#endif
    return session;
}

void hmeval_session_close(hmeval_session * session)
{
#ifdef HMEVAL_COMPAT
    nix_compat_watch_interrupt(NULL);
#endif
    for (int i = 0; i < HMEVAL_BUILTIN_COUNT; ++i)
        hmeval_value_release(session, session->builtins[i]);
    if (session->state) nix_state_free(session->state);
    for (int i = 0; i < 3; ++i)
        free(session->error_texts[i]);
    nix_c_context_free(session->context);
    free(session);
    hmeval_thread_unregister();
}

void hmeval_session_interrupt(hmeval_session * session, bool interrupt)
{
    __atomic_store_n(&session->interrupted, interrupt, __ATOMIC_RELAXED);
}
