/* What went wrong: from Nix's context into the session. */
#include <stdlib.h>
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

enum { CLASS_NAME, MESSAGE, REPORT };

static void keep(hmeval_session * session, int which, const char * text, size_t size)
{
    char * copy = malloc(size + 1);
    if (copy) {
        memcpy(copy, text, size);
        copy[size] = 0;
    }
    free(session->error_texts[which]);
    session->error_texts[which] = copy;
    session->error = (hmeval_error){
        .class_name = session->error_texts[CLASS_NAME] ? session->error_texts[CLASS_NAME] : "",
        .message = session->error_texts[MESSAGE] ? session->error_texts[MESSAGE] : "",
        .report = session->error_texts[REPORT] ? session->error_texts[REPORT] : "",
    };
}

static void keep_class_name(const char * text, unsigned size, void * session)
{
    keep(session, CLASS_NAME, text, size);
}

static void keep_message(const char * text, unsigned size, void * session)
{
    keep(session, MESSAGE, text, size);
}

static void keep_report(hmeval_session * session)
{
    unsigned size = 0;
    const char * report = nix_err_msg(NULL, session->context, &size);
    keep(session, REPORT, report ? report : "", report ? size : 0);
}

hmeval_status hmeval_fail(hmeval_session * session, const char * class_name, const char * message)
{
    keep(session, CLASS_NAME, class_name, strlen(class_name));
    keep(session, MESSAGE, message, strlen(message));
    keep(session, REPORT, message, strlen(message));
    return HMEVAL_FAILED;
}

/* Whether an interrupt was thrown; the next evaluation shall end as well, until it is taken back. */
static bool take_interrupt(hmeval_session * session)
{
    int thrown = HMEVAL_INTERRUPT_THROWN;
    return __atomic_compare_exchange_n(
        &session->interrupted, &thrown, HMEVAL_INTERRUPT_WANTED, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Of nix::Interrupted, where it is no nix::Error, the C API tells nothing but its text. */
static bool was_interrupted(const hmeval_session * session)
{
    const char * text = nix_err_msg(NULL, session->context, NULL);
    return text && strstr(text, "interrupted by the user");
}

/* Whether this is an error of Nix's own, and no interrupt. */
static bool keep_error_of_nix(hmeval_session * session)
{
    if (nix_err_code(session->context) != NIX_ERR_NIX_ERROR) return false;
    nix_err_name(NULL, session->context, keep_class_name, session);
    nix_err_info_msg(NULL, session->context, keep_message, session);
    keep_report(session);
    return strcmp(session->error.class_name, "nix::Interrupted");
}

static hmeval_status fail_interrupted(hmeval_session * session)
{
    hmeval_fail(session, "nix::Interrupted", "interrupted by the user");
    return HMEVAL_INTERRUPTED;
}

hmeval_status hmeval_check(hmeval_session * session)
{
    nix_err code = nix_err_code(session->context);
    if (code == NIX_OK) return HMEVAL_OK;
    if (code == NIX_ERR_KEY) return HMEVAL_ABSENT;
    if (keep_error_of_nix(session)) return HMEVAL_FAILED;
    if (take_interrupt(session)) return fail_interrupted(session);
    if (hmeval_stack_was_exhausted())
        return hmeval_fail(session, "nix::EvalError", "stack overflow: a value is nested, or recurses, without end");
    if (was_interrupted(session)) return fail_interrupted(session);
    hmeval_fail(session, "", nix_err_msg(NULL, session->context, NULL));
    return strstr(session->error.message, "std::bad_alloc") ? HMEVAL_NO_MEMORY : HMEVAL_FAILED;
}

const hmeval_error * hmeval_session_error(const hmeval_session * session)
{
    return &session->error;
}
