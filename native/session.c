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
    [HMEVAL_FROM_JSON] = "builtins.fromJSON",
    /* Nix compares functions by identity, where they are in sets. A type that is changed with `//` stays the same. */
    [HMEVAL_SAME_TYPE] = "a: b: let of = builtins.intersectAttrs { check = null; merge = null; }; in "
                         "a ? merge && of a == of b",
};

/* Not nix_state_create: from 2.29 to 2.34 the state refers to a builder that it has freed. */
static hmeval_status build_state(hmeval_session * session, Store * store, const char ** lookup_path)
{
    nix_c_context * context = session->context;
    session->builder = nix_eval_state_builder_new(context, store);
    if (session->builder && nix_eval_state_builder_load(context, session->builder) == NIX_OK
        && nix_eval_state_builder_set_lookup_path(context, session->builder, lookup_path) == NIX_OK
        && hmeval_flakes_add(context, session->builder) == NIX_OK)
        session->state = nix_eval_state_build(context, session->builder);
    return hmeval_check(session);
}

static hmeval_status open_state(hmeval_session * session, const char * store_uri, const char ** lookup_path)
{
    Store * store = hmeval_store(session, store_uri);
    if (!store) return hmeval_check(session) == HMEVAL_OK ? HMEVAL_NO_MEMORY : HMEVAL_FAILED;
    hmeval_trace_begin();
    return build_state(session, store, lookup_path);
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
    if (*status == HMEVAL_OK) hmeval_trace_state(session);
    hmeval_watch_interrupt(&session->interrupted);
    return session;
}

void hmeval_session_forget_inputs(hmeval_session * session, const char * folder)
{
    (void)session;
    hmeval_trace_forget(folder);
}

void hmeval_session_close(hmeval_session * session)
{
    hmeval_watch_interrupt(NULL);
    for (int i = 0; i < HMEVAL_BUILTIN_COUNT; ++i)
        hmeval_value_release(session, session->builtins[i]);
    if (session->state) nix_state_free(session->state);
    if (session->builder) nix_eval_state_builder_free(session->builder);
    for (int i = 0; i < 3; ++i)
        free(session->error_texts[i]);
    nix_c_context_free(session->context);
    hmeval_trace_end();
    free(session);
    hmeval_thread_unregister();
}

void hmeval_session_interrupt(hmeval_session * session, bool interrupt)
{
    int wanted = interrupt ? HMEVAL_INTERRUPT_WANTED : HMEVAL_INTERRUPT_NONE;
    __atomic_store_n(&session->interrupted, wanted, __ATOMIC_RELAXED);
}
