/* What the C files use of Nix's official C API beyond what nix-2.8's compatibility library offers: declared for
 * `make lint`, which compiles them for the C API on every machine. Names and signatures are those of Nix's own headers. */
#ifndef HMEVAL_C_API_NIX_API_VALUE_H
#define HMEVAL_C_API_NIX_API_VALUE_H

#include "../nix-2.8/nix_api_value.h"

typedef struct PrimOp PrimOp;
typedef void (*PrimOpFun)(
    void * user_data, nix_c_context * context, EvalState * state, nix_value ** args, nix_value * ret);

PrimOp * nix_alloc_primop(
    nix_c_context * context, PrimOpFun fun, int arity, const char * name, const char ** args, const char * doc,
    void * user_data);
nix_err nix_init_primop(nix_c_context * context, nix_value * value, PrimOp * op);
nix_err nix_init_apply(nix_c_context * context, nix_value * value, nix_value * fn, nix_value * arg);
nix_err nix_init_int(nix_c_context * context, nix_value * value, int64_t i);

nix_err nix_gc_incref(nix_c_context * context, const void * object);
nix_err nix_gc_decref(nix_c_context * context, const void * object);

#endif
