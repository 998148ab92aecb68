/* What ends an evaluation by way of the official C API, which has no means for it: functions that Nix calls are defined
 * here once more, around the originals. The dynamic linker looks in this library before it looks in those that it
 * depends on. */
#if !defined(HMEVAL_COMPAT) && defined(__linux__)

#  define _GNU_SOURCE
#  include <dlfcn.h>
#  include <stdlib.h>
#  include <string.h>

#  include <gc/gc.h>

#  define HMEVAL_INTERNAL
#  include "hmeval.h"

typedef void * allocator(size_t size);
typedef void thrower(void * exception, const void * type, void (*destroy)(void *));

static allocator * original_malloc_many;

__attribute__((constructor)) static void find_originals(void)
{
    original_malloc_many = (allocator *)dlsym(RTLD_NEXT, "GC_malloc_many");
}

/* -- what is thrown ---------------------------------------------------------------------------------------------------
 *
 * Since 2.34 a value that failed keeps the exception, and throws it again whenever it is asked for. Two kinds it does
 * not keep: RecoverableEvalError, and since 2.35 Interrupted (EvalState::handleEvalExceptionForThunk). What is thrown
 * here is caught by either name: a nix::Interrupted, thrown as of a class that derives from both. That class is this
 * record, in the layout of the Itanium C++ ABI (2.9.5). Every part of Nix that catches it uses it as nix::BaseError, which
 * both begin with. */

/* Throws nix::Interrupted. Without it (Nix before 2.23) the allocation fails. */
void throw_interrupted(void) HMEVAL_SYMBOL("_ZN3nix4unix12_interruptedEv") __attribute__((weak));

#  define INTERRUPTED "N3nix11InterruptedE"

extern const char interrupted_type[] HMEVAL_SYMBOL("_ZTI" INTERRUPTED) __attribute__((weak));
extern const char recoverable_type[] HMEVAL_SYMBOL("_ZTIN3nix20RecoverableEvalErrorE") __attribute__((weak));
extern const void * const multiple_bases[] HMEVAL_SYMBOL("_ZTVN10__cxxabiv121__vmi_class_type_infoE");

enum { FIRST_FUNCTION = 2, IS_PUBLIC = 2 };

static const struct {
    const void * functions;
    const char * name;
    unsigned flags, base_count;
    struct {
        const char * type;
        long offset_and_flags;
    } bases[2];
} recoverable_interrupt = {
    .functions = &multiple_bases[FIRST_FUNCTION],
    .name = "*N6hmeval11InterruptedE", /* with a star: compared by address */
    .base_count = 2,
    .bases = {{interrupted_type, IS_PUBLIC}, {recoverable_type, IS_PUBLIC}},
};

static __thread bool ending;

static const char * type_name(const void * type)
{
    return ((const char * const *)type)[1];
}

__attribute__((visibility("default"), noreturn)) void __cxa_throw(
    void * exception, const void * type, void (*destroy)(void *))
{
    /* Looked up here: constructors of the libraries throw before this one's own has run. */
    thrower * original = (thrower *)dlsym(RTLD_NEXT, "__cxa_throw");
    bool is_ours = ending && recoverable_type && !strcmp(type_name(type), INTERRUPTED);
    ending = false;
    original(exception, is_ours ? &recoverable_interrupt : type, destroy);
    abort(); /* never reached */
}

static void * end_evaluation(void)
{
    ending = true;
    if (throw_interrupted) throw_interrupted();
    return NULL;
}

/* -- interrupts -------------------------------------------------------------------------------------------------------
 *
 * Nix looks for an interrupt while it reads files and writes JSON, and never while it evaluates. But every evaluation
 * makes values, and takes the memory for them from the collector, some hundred at a time, with GC_malloc_many. The
 * collector is a library of its own, so that call goes by way of the dynamic linker however Nix was built; since 2.32
 * calls within Nix's own libraries do not. What is thrown here, Nix takes as it takes a failed allocation. */

static __thread int * interrupted;

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
 * deep as the value is; where that evaluates on the way, it comes by here as well, and is ended like an interrupt. */

/* Throwing needs some stack, and so does what runs between two allocations of many values; what unwinds needs less. */
enum { STACK_RESERVE = 8 * 1024 * 1024, UNWINDING_RESERVE = STACK_RESERVE / 2 };

static __thread const char * lowest_of_stack;
static __thread bool stack_exhausted;

/* Only on threads that a session owns: their stacks are large. */
static bool too_deep(void)
{
    if (!interrupted) return false;
    if (!lowest_of_stack) lowest_of_stack = hmeval_lowest_of_stack();
    int reserve = stack_exhausted ? UNWINDING_RESERVE : STACK_RESERVE;
    return (const char *)__builtin_frame_address(0) < lowest_of_stack + reserve;
}

bool hmeval_stack_was_exhausted(void)
{
    bool was = stack_exhausted;
    stack_exhausted = false;
    return was;
}

__attribute__((visibility("default"))) void * GC_malloc_many(size_t size)
{
    if (__builtin_expect(take_request(), false)) return end_evaluation();
    if (__builtin_expect(too_deep(), false)) {
        stack_exhausted = true;
        return end_evaluation();
    }
    return original_malloc_many(size);
}

#endif
