/* Evaluate, call, select. */
#include <stdlib.h>
#include <string.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

/* `*result` is an allocated value that a call has filled, or failed to fill. */
static hmeval_status keep_if_ok(hmeval_session * session, nix_value ** result)
{
    hmeval_status status = hmeval_check(session);
    if (status == HMEVAL_OK) return status;
    hmeval_value_release(session, *result);
    *result = NULL;
    /* Only a look-up can find nothing. */
    return status == HMEVAL_ABSENT ? hmeval_fail(session, "", "an unexpected error of Nix's C API") : status;
}

static hmeval_status allocate(hmeval_session * session, nix_value ** result)
{
    *result = nix_alloc_value(session->context, session->state);
    if (*result) return HMEVAL_OK;
    return hmeval_check(session) == HMEVAL_INTERRUPTED ? HMEVAL_INTERRUPTED : HMEVAL_NO_MEMORY;
}

hmeval_status hmeval_evaluate(hmeval_session * session, const char * expression, const char * base, nix_value ** result)
{
    hmeval_status status = allocate(session, result);
    if (status != HMEVAL_OK) return status;
    nix_expr_eval_from_string(session->context, session->state, expression, base, *result);
    return keep_if_ok(session, result);
}

hmeval_status hmeval_call(hmeval_session * session, nix_value * function, nix_value * argument, nix_value ** result)
{
    hmeval_status status = allocate(session, result);
    if (status != HMEVAL_OK) return status;
    nix_value_call(session->context, session->state, function, argument, *result);
    if (nix_err_code(session->context) == NIX_OK) nix_value_force(session->context, session->state, *result);
    return keep_if_ok(session, result);
}

hmeval_status hmeval_value_string(hmeval_session * session, const char * text, nix_value ** result)
{
    hmeval_status status = allocate(session, result);
    if (status != HMEVAL_OK) return status;
    nix_init_string(session->context, *result, text);
    return keep_if_ok(session, result);
}

void hmeval_value_release(hmeval_session * session, nix_value * value)
{
    if (value) nix_value_decref(session->context, value);
}

hmeval_type hmeval_value_type(hmeval_session * session, nix_value * value)
{
    switch (nix_get_type(session->context, value)) {
    case NIX_TYPE_INT:
        return HMEVAL_TYPE_INT;
    case NIX_TYPE_FLOAT:
        return HMEVAL_TYPE_FLOAT;
    case NIX_TYPE_BOOL:
        return HMEVAL_TYPE_BOOL;
    case NIX_TYPE_STRING:
        return HMEVAL_TYPE_STRING;
    case NIX_TYPE_PATH:
        return HMEVAL_TYPE_PATH;
    case NIX_TYPE_NULL:
        return HMEVAL_TYPE_NULL;
    case NIX_TYPE_ATTRS:
        return HMEVAL_TYPE_SET;
    case NIX_TYPE_LIST:
        return HMEVAL_TYPE_LIST;
    case NIX_TYPE_FUNCTION:
        return HMEVAL_TYPE_LAMBDA;
    case NIX_TYPE_EXTERNAL:
        return HMEVAL_TYPE_EXTERNAL;
    default:
        return HMEVAL_TYPE_THUNK;
    }
}

size_t hmeval_value_size(hmeval_session * session, nix_value * value)
{
    hmeval_type type = hmeval_value_type(session, value);
    if (type == HMEVAL_TYPE_SET) return nix_get_attrs_size(session->context, value);
    if (type == HMEVAL_TYPE_LIST) return nix_get_list_size(session->context, value);
    return 0;
}

/* `*result` is what a getter of the C API gave. */
static hmeval_status check_getter(hmeval_session * session)
{
    hmeval_status status = hmeval_check(session);
    if (status == HMEVAL_FAILED || status == HMEVAL_INTERRUPTED) hmeval_getter_failed();
    return status;
}

hmeval_status hmeval_get(hmeval_session * session, nix_value * value, const char * name, nix_value ** result)
{
    *result = NULL;
    if (hmeval_value_type(session, value) != HMEVAL_TYPE_SET) return HMEVAL_ABSENT;
    hmeval_getter_begins();
    *result = nix_get_attr_byname(session->context, value, session->state, name);
    return check_getter(session);
}

bool hmeval_has(hmeval_session * session, nix_value * value, const char * name)
{
    return hmeval_value_type(session, value) == HMEVAL_TYPE_SET
        && nix_has_attr_byname(session->context, value, session->state, name);
}

hmeval_status hmeval_value_attribute(hmeval_session * session, nix_value * set, const char * name, nix_value ** result)
{
    return hmeval_get(session, set, name, result);
}

hmeval_status hmeval_value_element(hmeval_session * session, nix_value * list, size_t index, nix_value ** result)
{
    *result = NULL;
    /* Nix asserts the type, and does not check the index before 2.32. */
    if (hmeval_value_type(session, list) != HMEVAL_TYPE_LIST) return HMEVAL_ABSENT;
    if (index >= nix_get_list_size(session->context, list)) return HMEVAL_ABSENT;
    hmeval_getter_begins();
    *result = nix_get_list_byidx(session->context, list, session->state, index);
    return check_getter(session);
}

typedef struct {
    const char * text;
    bool equal;
} comparison;

static void compare(const char * start, unsigned size, void * argument)
{
    comparison * with = argument;
    with->equal = strlen(with->text) == size && memcmp(with->text, start, size) == 0;
}

bool hmeval_string_is(hmeval_session * session, nix_value * value, const char * text)
{
    comparison with = {.text = text};
    if (hmeval_value_type(session, value) != HMEVAL_TYPE_STRING) return false;
    nix_get_string(session->context, value, compare, &with);
    return with.equal;
}

hmeval_status hmeval_call_builtin(
    hmeval_session * session, hmeval_builtin builtin, nix_value * argument, nix_value ** result)
{
    return hmeval_call(session, session->builtins[builtin], argument, result);
}

static int by_name(const void * left, const void * right)
{
    return strcmp(((const hmeval_attribute *)left)->name, ((const hmeval_attribute *)right)->name);
}

hmeval_status hmeval_sorted_attributes(
    hmeval_session * session, nix_value * set, hmeval_attribute ** attributes, size_t * count)
{
    *count = hmeval_value_size(session, set);
    *attributes = malloc((*count + 1) * sizeof(**attributes));
    if (!*attributes) return HMEVAL_NO_MEMORY;
    for (unsigned i = 0; i < *count; ++i) {
        const char * name = nix_get_attr_name_byidx(session->context, set, session->state, i);
        (*attributes)[i] = (hmeval_attribute){.name = name, .index = i};
    }
    qsort(*attributes, *count, sizeof(**attributes), by_name);
    return HMEVAL_OK;
}

hmeval_status hmeval_attribute_value(
    hmeval_session * session, nix_value * set, hmeval_attribute attribute, nix_value ** result)
{
    const char * name;
    hmeval_getter_begins();
    *result = nix_get_attr_byidx(session->context, set, session->state, attribute.index, &name);
    return check_getter(session);
}
