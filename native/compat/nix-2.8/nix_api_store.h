/* Nix's official C API, the part that hmeval uses: stores (see nix_api_util.h beside this file). */
#ifndef HMEVAL_COMPAT_NIX_API_STORE_H
#define HMEVAL_COMPAT_NIX_API_STORE_H

#include "nix_api_util.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Store Store;

nix_err nix_libstore_init(nix_c_context * context);
nix_err nix_libstore_init_no_load_config(nix_c_context * context);
Store * nix_store_open(nix_c_context * context, const char * uri, const char *** params);
void nix_store_free(Store * store);

#ifdef __cplusplus
}
#endif
#endif
