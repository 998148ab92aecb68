/* Nix's official C API, the part that hmeval uses: values (see nix_api_util.h beside this file). */
#ifndef HMEVAL_COMPAT_NIX_API_VALUE_H
#define HMEVAL_COMPAT_NIX_API_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nix_api_expr.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    NIX_TYPE_THUNK,
    NIX_TYPE_INT,
    NIX_TYPE_FLOAT,
    NIX_TYPE_BOOL,
    NIX_TYPE_STRING,
    NIX_TYPE_PATH,
    NIX_TYPE_NULL,
    NIX_TYPE_ATTRS,
    NIX_TYPE_LIST,
    NIX_TYPE_FUNCTION,
    NIX_TYPE_EXTERNAL,
} ValueType;

nix_value * nix_alloc_value(nix_c_context * context, EvalState * state);
nix_err nix_value_incref(nix_c_context * context, nix_value * value);
nix_err nix_value_decref(nix_c_context * context, nix_value * value);

ValueType nix_get_type(nix_c_context * context, const nix_value * value);
bool nix_get_bool(nix_c_context * context, const nix_value * value);
double nix_get_float(nix_c_context * context, const nix_value * value);
int64_t nix_get_int(nix_c_context * context, const nix_value * value);
nix_err nix_get_string(
    nix_c_context * context, const nix_value * value, nix_get_string_callback callback, void * user_data);
const char * nix_get_path_string(nix_c_context * context, const nix_value * value);
unsigned int nix_get_list_size(nix_c_context * context, const nix_value * value);
unsigned int nix_get_attrs_size(nix_c_context * context, const nix_value * value);

/* As in the official API before its _lazy variants: what these return is evaluated. */
nix_value * nix_get_list_byidx(nix_c_context * context, const nix_value * value, EvalState * state, unsigned int ix);
nix_value * nix_get_attr_byname(nix_c_context * context, const nix_value * value, EvalState * state, const char * name);
nix_value * nix_get_attr_byidx(
    nix_c_context * context, nix_value * value, EvalState * state, unsigned int i, const char ** name);
bool nix_has_attr_byname(nix_c_context * context, const nix_value * value, EvalState * state, const char * name);
const char * nix_get_attr_name_byidx(nix_c_context * context, nix_value * value, EvalState * state, unsigned int i);

nix_err nix_init_string(nix_c_context * context, nix_value * value, const char * str);

#ifdef __cplusplus
}
#endif
#endif
