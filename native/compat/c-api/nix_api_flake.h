/* What flakes.c uses of Nix's C API of flakes (see nix_api_value.h beside this file). */
#ifndef HMEVAL_C_API_NIX_API_FLAKE_H
#define HMEVAL_C_API_NIX_API_FLAKE_H

#include "nix_api_value.h"

typedef struct nix_flake_settings nix_flake_settings;

nix_flake_settings * nix_flake_settings_new(nix_c_context * context);
void nix_clear_err(nix_c_context * context);

#endif
