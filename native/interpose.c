/* Two functions that Nix calls and that are defined here once more, around the originals, because the official C API has
 * no means for what they do. The dynamic linker looks in this library before it looks in those that it depends on. */
#ifndef HMEVAL_COMPAT

#  define _GNU_SOURCE
#  include <dlfcn.h>

#  include <gc/gc.h>

#  define HMEVAL_INTERNAL
#  include "hmeval.h"

typedef void * allocator(size_t size);
typedef nix_err referrer(nix_c_context * context, const void * object);

static allocator * original_malloc_many;
static referrer * original_incref;

static __thread int * interrupted;
static __thread const void * last_reference;

__attribute__((constructor)) static void find_originals(void)
{
    original_malloc_many = (allocator *)dlsym(RTLD_NEXT, "GC_malloc_many");
    original_incref = (referrer *)dlsym(RTLD_NEXT, "nix_gc_incref");
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

__attribute__((visibility("default"))) void * GC_malloc_many(size_t size)
{
    if (__builtin_expect(take_request(), false)) {
        if (throw_interrupted) throw_interrupted();
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

#endif
