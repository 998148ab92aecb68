/* For a process that does nothing but evaluate for another one, which outlives it: its end says why it ended. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#  include <sys/prctl.h>
#endif

#include <gc/gc.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

#define HANDLER_STACK (64 * 1024)
/* How far from the end of the stack a fault is taken for its overflow: a frame may be larger than the guard page. */
#define NEAR_THE_END (1024 * 1024)

static uintptr_t end_of_stack;

static void on_fault(int signal_number, siginfo_t * info, void * machine)
{
    (void)machine;
    uintptr_t address = (uintptr_t)info->si_addr;
    if (address > end_of_stack - NEAR_THE_END && address < end_of_stack + NEAR_THE_END)
        _exit(HMEVAL_EXIT_STACK_OVERFLOW);
    /* Anything else ends the process as it would have. */
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

const char * hmeval_lowest_of_stack(void)
{
    void * lowest = NULL;
#ifdef __APPLE__
    lowest = (char *)pthread_get_stackaddr_np(pthread_self()) - pthread_get_stacksize_np(pthread_self());
#else
    pthread_attr_t attributes;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes)) return NULL;
    pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_destroy(&attributes);
#endif
    return lowest;
}

void hmeval_contain_overflow(void)
{
    stack_t own = {.ss_sp = malloc(HANDLER_STACK), .ss_size = HANDLER_STACK};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    end_of_stack = (uintptr_t)hmeval_lowest_of_stack();
    if (!own.ss_sp || !end_of_stack || sigaltstack(&own, NULL)) return;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

void hmeval_serve(int client)
{
    /* Running out of memory is told as an error. */
    GC_set_warn_proc(GC_ignore_warn_proc);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != client) _exit(0); /* it ended before this was set */
#else
    (void)client;
#endif
}
