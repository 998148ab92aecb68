/* The processor time that the value of an option may take to be shown: some hold whole systems, which take minutes. */
#include <time.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

/* Of this thread: what else the machine does is not to change what is shown. */
static double processor_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void hmeval_limit_time(hmeval_session * session, double seconds)
{
    session->until = seconds ? processor_time() + seconds : 0;
}

bool hmeval_is_late(hmeval_session * session)
{
    if (!session->until || processor_time() < session->until) return false;
    session->cut = true;
    return true;
}

double hmeval_begin_part(hmeval_session * session, const hmeval_part * at)
{
    double until = session->until, now = until && !at->above ? processor_time() : until;
    if (now < until) session->until = now + (until - now) / 2;
    return until;
}

void hmeval_end_part(hmeval_session * session, double until)
{
    session->until = until;
}
