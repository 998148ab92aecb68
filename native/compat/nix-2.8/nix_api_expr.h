/* Nix's official C API, the part that hmeval uses: evaluation (see nix_api_util.h beside this file). */
#ifndef HMEVAL_COMPAT_NIX_API_EXPR_H
#define HMEVAL_COMPAT_NIX_API_EXPR_H

#include <stdbool.h>
#include <stddef.h>

#include "nix_api_store.h"
#include "nix_api_util.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct EvalState EvalState;
typedef struct nix_value nix_value;

nix_err nix_libexpr_init(nix_c_context * context);

typedef struct nix_eval_state_builder nix_eval_state_builder;

nix_eval_state_builder * nix_eval_state_builder_new(nix_c_context * context, Store * store);
void nix_eval_state_builder_free(nix_eval_state_builder * builder);
nix_err nix_eval_state_builder_load(nix_c_context * context, nix_eval_state_builder * builder);
nix_err nix_eval_state_builder_set_lookup_path(
    nix_c_context * context, nix_eval_state_builder * builder, const char ** lookup_path);
EvalState * nix_eval_state_build(nix_c_context * context, nix_eval_state_builder * builder);
void nix_state_free(EvalState * state);

nix_err nix_expr_eval_from_string(
    nix_c_context * context, EvalState * state, const char * expr, const char * path, nix_value * value);
nix_err nix_value_call(nix_c_context * context, EvalState * state, nix_value * fn, nix_value * arg, nix_value * value);
nix_err nix_value_force(nix_c_context * context, EvalState * state, nix_value * value);

void nix_gc_now(void);

/* Not in the official API: compute store paths without writing to the store, as `nix-instantiate --eval` does. Nothing
 * can be built while evaluating then. */
void nix_compat_read_only(void);

#ifdef __cplusplus
}
#endif
#endif
