/* Functions that Nix calls and that are defined here once more, around the originals, because the official C API has
 * no means for what they do. The dynamic linker looks in this library before it looks in those that it depends on. */
#if !defined(HMEVAL_COMPAT) && defined(__linux__)

#  define _GNU_SOURCE
#  include <dlfcn.h>
#  include <string.h>

#  define HMEVAL_INTERNAL
#  include "hmeval.h"

typedef nix_err referrer(nix_c_context * context, const void * object);

typedef bool view_test(size_t length, const char * text);
typedef void uri_check(void * state, const void * uri);

static referrer * original_incref;
static view_test * original_is_pseudo_url;
static uri_check * original_check_uri;

#  define IS_PSEUDO_URL "_ZN3nix12EvalSettings11isPseudoUrlESt17basic_string_viewIcSt11char_traitsIcEE"
#  define CHECK_URI "_ZN3nix9EvalState8checkURIERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"

static __thread const void * last_reference;

__attribute__((constructor)) static void find_originals(void)
{
    original_incref = (referrer *)dlsym(RTLD_NEXT, "nix_gc_incref");
    original_is_pseudo_url = (view_test *)dlsym(RTLD_NEXT, IS_PSEUDO_URL);
    original_check_uri = (uri_check *)dlsym(RTLD_NEXT, CHECK_URI);
}

/* -- references that nobody got ---------------------------------------------------------------------------------------
 *
 * Until 2.32 the functions that get an attribute or an element take a reference before they evaluate it, and keep it
 * where that fails: everything that the failed value refers to would stay in memory for good. */

__attribute__((visibility("default"))) nix_err nix_gc_incref(nix_c_context * context, const void * object)
{
    last_reference = object;
    return original_incref(context, object);
}

void hmeval_getter_begins(void)
{
    last_reference = NULL;
}

void hmeval_getter_failed(void)
{
    if (last_reference) nix_gc_decref(NULL, last_reference);
    last_reference = NULL;
}

/* -- what restricted evaluation lets through --------------------------------------------------------------------------
 *
 * findFile downloads the URIs in a search path, and checks none. A file:// URI is compared with the allowed folders as
 * it is written: symbolic links are not resolved, and curl decodes escapes such as %2e%2e. Where these calls do not go
 * by way of the dynamic linker, or the functions are others, what they would close stays open: hmeval.evaluation.canary
 * finds out, and then nothing is evaluated. */

static bool restricted;

void hmeval_restrict(void)
{
    restricted = true;
}

bool is_pseudo_url(size_t length, const char * text) HMEVAL_SYMBOL(IS_PSEUDO_URL);

__attribute__((visibility("default"))) bool is_pseudo_url(size_t length, const char * text)
{
    return !restricted && original_is_pseudo_url(length, text);
}

/* std::string, to be read. */
typedef struct {
    const char * text;
    size_t length, space[2];
} cxx_string;

static bool is_local(const char * uri)
{
    return uri[0] == '/' || !strncmp(uri, "file:", strlen("file:"));
}

void check_uri(void * state, const cxx_string * uri) HMEVAL_SYMBOL(CHECK_URI);

/* One that is local becomes one that is never allowed, and Nix says so. */
__attribute__((visibility("default"))) void check_uri(void * state, const cxx_string * uri)
{
    static const char never_allowed[] = "file+local:";
    cxx_string local = {never_allowed, sizeof(never_allowed) - 1, {0}};
    original_check_uri(state, restricted && is_local(uri->text) ? &local : uri);
}

#endif
