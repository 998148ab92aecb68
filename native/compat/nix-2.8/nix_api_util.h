/* Nix's official C API, the part that hmeval uses, as nix-2.8's compatibility library offers it: utilities.
 * Names, signatures and meanings are those of Nix's own nix_api_util.h. */
#ifndef HMEVAL_COMPAT_NIX_API_UTIL_H
#define HMEVAL_COMPAT_NIX_API_UTIL_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nix_err {
    NIX_OK = 0,
    NIX_ERR_UNKNOWN = -1,
    NIX_ERR_OVERFLOW = -2,
    NIX_ERR_KEY = -3,
    NIX_ERR_NIX_ERROR = -4,
} nix_err;

typedef struct nix_c_context nix_c_context;

typedef void (*nix_get_string_callback)(const char * start, unsigned int n, void * user_data);

nix_c_context * nix_c_context_create(void);
void nix_c_context_free(nix_c_context * context);

nix_err nix_libutil_init(nix_c_context * context);
nix_err nix_setting_get(nix_c_context * context, const char * key, nix_get_string_callback callback, void * user_data);
nix_err nix_setting_set(nix_c_context * context, const char * key, const char * value);
const char * nix_version_get(void);

nix_err nix_err_code(const nix_c_context * read_context);
const char * nix_err_msg(nix_c_context * context, const nix_c_context * read_context, unsigned int * n);
nix_err nix_err_info_msg(
    nix_c_context * context, const nix_c_context * read_context, nix_get_string_callback callback, void * user_data);
nix_err nix_err_name(
    nix_c_context * context, const nix_c_context * read_context, nix_get_string_callback callback, void * user_data);

#ifdef __cplusplus
}
#endif
#endif
