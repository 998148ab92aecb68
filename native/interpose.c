/* Functions that Nix calls and that are defined here once more, around the originals, because the official C API has
 * no means for what they do. The dynamic linker looks in this library before it looks in those that it depends on. */
#if !defined(HMEVAL_COMPAT) && defined(__linux__)

#  define _GNU_SOURCE
#  include <dlfcn.h>
#  include <pthread.h>
#  include <string.h>

#  include <gc/gc.h>

#  define HMEVAL_INTERNAL
#  include "hmeval.h"

typedef void * allocator(size_t size);
typedef nix_err referrer(nix_c_context * context, const void * object);

typedef bool view_test(size_t length, const char * text);
typedef void uri_check(void * state, const void * uri);

static allocator * original_malloc_many;
static referrer * original_incref;
static view_test * original_is_pseudo_url;
static uri_check * original_check_uri;

#  define IS_PSEUDO_URL "_ZN3nix12EvalSettings11isPseudoUrlESt17basic_string_viewIcSt11char_traitsIcEE"
#  define CHECK_URI "_ZN3nix9EvalState8checkURIERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"

static __thread int * interrupted;
static __thread const void * last_reference;

__attribute__((constructor)) static void find_originals(void)
{
    original_malloc_many = (allocator *)dlsym(RTLD_NEXT, "GC_malloc_many");
    original_incref = (referrer *)dlsym(RTLD_NEXT, "nix_gc_incref");
    original_is_pseudo_url = (view_test *)dlsym(RTLD_NEXT, IS_PSEUDO_URL);
    original_check_uri = (uri_check *)dlsym(RTLD_NEXT, CHECK_URI);
}

/* -- ending an evaluation ---------------------------------------------------------------------------------------------
 *
 * Nix looks for an interrupt while it reads files and writes JSON, and never while it evaluates. But every evaluation
 * makes values, and takes the memory for them from the collector, some hundred at a time, with GC_malloc_many. The
 * collector is a library of its own, so that call goes by way of the dynamic linker however Nix was built; since 2.32
 * calls within Nix's own libraries do not. What is thrown here, Nix takes as it takes a failed allocation: thunks stay
 * as they were. */

/* Throws nix::Interrupted. Without it (Nix before 2.23) the allocation fails. */
void throw_interrupted(void) HMEVAL_SYMBOL("_ZN3nix4unix12_interruptedEv") __attribute__((weak));

bool hmeval_interrupts_available(void)
{
    return original_malloc_many != NULL;
}

void hmeval_watch_interrupt(int * flag)
{
    interrupted = flag;
}

/* Once for each request: while it unwinds, Nix may allocate. */
static bool take_request(void)
{
    int wanted = HMEVAL_INTERRUPT_WANTED;
    return interrupted && __atomic_load_n(interrupted, __ATOMIC_RELAXED) == wanted
        && __atomic_compare_exchange_n(
               interrupted, &wanted, HMEVAL_INTERRUPT_THROWN, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* -- recursion without calls -------------------------------------------------------------------------------------------
 *
 * max-call-depth bounds the calls of functions. What walks through a value (deepSeq, to JSON) recurses in C++ alone, as
 * deep as the value is; where that evaluates on the way, it comes by here as well, and a failed allocation ends it. */

/* Throwing needs some stack, and so does what runs between two allocations of many values. */
enum { STACK_RESERVE = 8 * 1024 * 1024 };

static __thread const char * lowest_of_stack;
static __thread bool stack_exhausted;

/* Only on threads that a session owns: their stacks are large. */
static bool too_deep(void)
{
    if (!interrupted) return false;
    if (!lowest_of_stack) lowest_of_stack = hmeval_lowest_of_stack();
    return (const char *)__builtin_frame_address(0) < lowest_of_stack + STACK_RESERVE;
}

bool hmeval_stack_was_exhausted(void)
{
    bool was = stack_exhausted;
    stack_exhausted = false;
    return was;
}

__attribute__((visibility("default"))) void * GC_malloc_many(size_t size)
{
    if (__builtin_expect(take_request(), false)) {
        if (throw_interrupted) throw_interrupted();
        return NULL;
    }
    if (__builtin_expect(too_deep(), false)) {
        stack_exhausted = true;
        return NULL;
    }
    return original_malloc_many(size);
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
