/* Two things that Nix 2.8 lacks, both at the one place that every evaluation passes through again and again:
 *
 * - it never looks for an interrupt while it evaluates, so an endless evaluation cannot be stopped;
 * - it has no max-call-depth (Nix 2.20), so endless recursion ends the process.
 *
 * nix::EvalState::callFunction is exported by libnixexpr and called through its PLT. This library comes before
 * libnixexpr in the order in which the dynamic linker looks for symbols, so the definition here is the one that is
 * called, and RTLD_NEXT finds the original. */
#include <dlfcn.h>
#include <pthread.h>

#include "compat.hh"

#include "util.hh"

namespace {

/* The default of max-call-depth in Nix since 2.20, where it bounds the same calls. */
constexpr size_t most_calls_within_calls = 10000;

/* Evaluation between two calls, and throwing, need some stack as well. */
constexpr size_t stack_reserve = 8 * 1024 * 1024;

using CallFunction = void(nix::EvalState *, nix::Value &, size_t, nix::Value **, nix::Value &, const nix::Pos &);

thread_local const int * interrupt_flag = nullptr;
thread_local size_t calls_within_calls = 0;

const auto original_call_function = reinterpret_cast<CallFunction *>(
    dlsym(RTLD_NEXT, "_ZN3nix9EvalState12callFunctionERNS_5ValueEmPPS1_S2_RKNS_3PosE"));

const char * lowest_address_of_stack()
{
    pthread_attr_t attributes;
    void * lowest = nullptr;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &lowest, &size);
        pthread_attr_destroy(&attributes);
    }
    return static_cast<const char *>(lowest);
}

bool interrupted()
{
    return interrupt_flag && __atomic_load_n(interrupt_flag, __ATOMIC_RELAXED);
}

bool too_deep()
{
    thread_local const char * lowest = lowest_address_of_stack();
    auto here = static_cast<const char *>(__builtin_frame_address(0));
    return calls_within_calls > most_calls_within_calls || here < lowest + stack_reserve;
}

struct CallDepth {
    CallDepth() { ++calls_within_calls; }
    ~CallDepth() { --calls_within_calls; }
};

} // namespace

/* As in native/interpose.c, which is for the C API; here the error is Nix's own. */
extern "C" bool hmeval_stack_was_exhausted(void)
{
    return false;
}

/* As there. */
extern "C" bool hmeval_interrupts_available(void)
{
    return original_call_function != nullptr;
}

extern "C" void hmeval_watch_interrupt(int * flag)
{
    interrupt_flag = flag;
    nix::interruptCheck = interrupted; /* for what Nix does look at: reading files, the store */
}

__attribute__((visibility("default"))) void nix::EvalState::callFunction(
    Value & fun, size_t nrArgs, Value ** args, Value & vRes, const Pos & pos)
{
    CallDepth depth;
    if (interrupted()) throw Interrupted("interrupted by the user");
    if (too_deep()) throw EvalError({.msg = hintfmt("stack overflow; max-call-depth exceeded"), .errPos = pos});
    original_call_function(this, fun, nrArgs, args, vRes, pos);
}
