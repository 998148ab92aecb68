/* builtins.getFlake, which the official C API has in a library of its own. */
#define HMEVAL_INTERNAL
#include "hmeval.h"

#ifdef HMEVAL_FLAKES

#  include <nix_api_flake.h>

/* Until 2.27 for the whole process, since 2.28 for each state. */
nix_err for_the_process(nix_c_context *, nix_flake_settings *) HMEVAL_SYMBOL("nix_flake_init_global")
    __attribute__((weak));
nix_err for_a_state(nix_c_context *, nix_flake_settings *, nix_eval_state_builder *)
    HMEVAL_SYMBOL("nix_flake_settings_add_to_eval_state_builder") __attribute__((weak));

/* Never freed: states refer to them. NULL: there are to be no flakes. */
static nix_flake_settings * settings;

bool hmeval_flakes_available(void)
{
    return for_the_process || for_a_state;
}

nix_err hmeval_flakes_start(nix_c_context * context)
{
    nix_clear_err(context);
    settings = nix_flake_settings_new(context);
    return settings && for_the_process ? for_the_process(context, settings) : nix_err_code(context);
}

nix_err hmeval_flakes_add(nix_c_context * context, nix_eval_state_builder * builder)
{
    return settings && for_a_state ? for_a_state(context, settings, builder) : NIX_OK;
}

#else

/* Nix 2.8 has them in libexpr. */
bool hmeval_flakes_available(void)
{
#  ifdef HMEVAL_COMPAT
    return true;
#  else
    return false;
#  endif
}

nix_err hmeval_flakes_start(nix_c_context * context)
{
    (void)context;
    return NIX_OK;
}

nix_err hmeval_flakes_add(nix_c_context * context, nix_eval_state_builder * builder)
{
    (void)context, (void)builder;
    return NIX_OK;
}

#endif
