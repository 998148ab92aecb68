/* The engine of the whole process: started once, never ended; the collector's threads; the stores. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GC_THREADS
/* Otherwise gc.h replaces pthread_create by its own, which starts the collector before Nix has set it up. */
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>

#define HMEVAL_INTERNAL
#include "hmeval.h"

typedef struct {
    const char ** settings;
    unsigned flags;
    hmeval_status status;
    char * message;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
} hmeval_start;

typedef struct open_store {
    char * uri;
    Store * store;
    struct open_store * next;
} open_store;

static pthread_mutex_t stores_lock = PTHREAD_MUTEX_INITIALIZER;
static open_store * stores;

/* nix::verbosity; the C API has nix_set_verbosity since 2.32. */
extern int nix_verbosity_now HMEVAL_SYMBOL("_ZN3nix9verbosityE") __attribute__((weak));
enum { NIX_VERBOSITY_WARN = 1 };

static char * home_at_start;

/* $HOME now. Not by getenv, which is a function that reads, to whoever looks at what is called (imports.c). */
static const char * home(void)
{
    for (char ** each = environ; each && *each; ++each)
        if (!strncmp(*each, "HOME=", strlen("HOME="))) return *each + strlen("HOME=");
    return NULL;
}

const char * hmeval_home_at_start(void)
{
    return home_at_start;
}

const char * hmeval_other_home(void)
{
    const char * now = home();
    bool is_same = now && home_at_start ? !strcmp(now, home_at_start) : !now && !home_at_start;
    return is_same ? NULL : "$HOME has changed since Nix was started in this process";
}

static nix_err apply_settings(nix_c_context * context, const char ** settings)
{
    for (; settings && settings[0]; settings += 2) {
        nix_err error = nix_setting_set(context, settings[0], settings[1]);
        /* A setting that this version of Nix does not have asks for nothing that it could do otherwise. */
        if (error != NIX_OK && error != NIX_ERR_KEY) return error;
    }
    return NIX_OK;
}

static nix_err start_store_library(nix_c_context * context, unsigned flags)
{
    return flags & HMEVAL_OWN_CONFIGURATION ? nix_libstore_init_no_load_config(context) : nix_libstore_init(context);
}

static nix_err start_libraries(nix_c_context * context, const hmeval_start * start)
{
    if (home()) home_at_start = strdup(home());
    nix_err error = nix_libutil_init(context);
    if (error == NIX_OK) error = start_store_library(context, start->flags);
    if (error == NIX_OK) error = nix_libexpr_init(context);
    if (error == NIX_OK) error = apply_settings(context, start->settings);
    if (start->flags & HMEVAL_RESTRICTED) hmeval_restrict();
    hmeval_trace_start();
#ifdef HMEVAL_COMPAT
    nix_compat_read_only();
#endif
    /* Since 2.35 getFlake fetches before it looks whether flakes are enabled, and never whether evaluation is restricted. */
    if (error == NIX_OK && !(start->flags & HMEVAL_RESTRICTED)) error = hmeval_flakes_start(context);
    return error;
}

/* The collector takes the thread that starts it for the process' main thread, stops it with signals and scans its
 * stack for ever after. The host's own threads are spared that by a thread which starts the collector and then sleeps
 * as long as the process lives. */
static void take_this_stack_for_the_main_one(void)
{
    struct GC_stack_base base;
    if (GC_get_stack_base(&base) == GC_SUCCESS) GC_set_stackbottom(NULL, &base);
}

static void * start_and_sleep(void * argument)
{
    hmeval_start * start = argument;
    nix_c_context * context = nix_c_context_create();
    take_this_stack_for_the_main_one();
    if (start_libraries(context, start) == NIX_OK) {
        GC_allow_register_threads();
        start->status = HMEVAL_OK;
    } else {
        start->status = HMEVAL_FAILED;
        start->message = strdup(nix_err_msg(NULL, context, NULL));
    }
    if (&nix_verbosity_now) nix_verbosity_now = NIX_VERBOSITY_WARN;
    nix_c_context_free(context);
    pthread_mutex_lock(&start->lock);
    start->is_done = true;
    pthread_cond_signal(&start->done);
    pthread_mutex_unlock(&start->lock);
    for (;;)
        pause();
    return NULL;
}

hmeval_status hmeval_engine_start(const char ** settings, unsigned flags, const char ** message)
{
    hmeval_start start = {
        .settings = settings,
        .flags = flags,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .done = PTHREAD_COND_INITIALIZER,
    };
    pthread_t thread;
    *message = "the thread that starts Nix could not be made";
    if (pthread_create(&thread, NULL, start_and_sleep, &start)) return HMEVAL_NO_MEMORY;
    pthread_detach(thread);
    pthread_mutex_lock(&start.lock);
    while (!start.is_done)
        pthread_cond_wait(&start.done, &start.lock);
    pthread_mutex_unlock(&start.lock);
    *message = start.message;
    return start.status;
}

const char * hmeval_engine_version(void)
{
    return nix_version_get();
}

const char * hmeval_engine_interface(void)
{
#ifdef HMEVAL_COMPAT
    return "compat";
#else
    return "c-api";
#endif
}

const char * const * hmeval_engine_capabilities(void)
{
    static const char * found[5];
    size_t count = 0;
    if (hmeval_flakes_available()) found[count++] = "flakes";
    if (hmeval_interrupts_available()) found[count++] = "interrupts";
#ifdef HMEVAL_COMPAT
    found[count++] = "read-only";
#endif
    if (!hmeval_unknown_import()) found[count++] = "traces";
    found[count] = NULL;
    return found;
}

bool hmeval_thread_register(void)
{
    struct GC_stack_base base;
    return GC_get_stack_base(&base) == GC_SUCCESS && GC_register_my_thread(&base) == GC_SUCCESS;
}

void hmeval_thread_unregister(void)
{
    GC_unregister_my_thread();
}

void hmeval_collect(void)
{
    nix_gc_now();
}

static open_store * find_store(const char * uri)
{
    open_store * entry = stores;
    while (entry && strcmp(entry->uri, uri))
        entry = entry->next;
    return entry;
}

/* Nix makes the links of a new store, its database, and the file with that one's version, with no regard to other
 * processes that do so at the same time: one finds a link that was not there, an empty file, a database in use. */
static bool is_being_made(const char * error)
{
    return strstr(error, "File exists") || (strstr(error, "/db/schema") && strstr(error, "is corrupt"))
        || (strstr(error, "/db/db.sqlite") && strstr(error, "is busy"));
}

static Store * open_patiently(nix_c_context * context, const char * uri)
{
    enum { ATTEMPTS = 6, FIRST_PAUSE = 10000 /* microseconds */ };
    for (int attempt = 0;; ++attempt) {
        Store * store = nix_store_open(context, uri, NULL);
        const char * error = store ? NULL : nix_err_msg(NULL, context, NULL);
        if (!error || !is_being_made(error) || attempt == ATTEMPTS) return store;
        usleep(FIRST_PAUSE << attempt);
    }
}

static open_store * add_store(hmeval_session * session, const char * uri)
{
    open_store * entry = calloc(1, sizeof(*entry));
    if (!entry) return NULL;
    entry->uri = strdup(uri);
    entry->store = open_patiently(session->context, *uri ? uri : NULL);
    if (!entry->uri || !entry->store) {
        free(entry->uri);
        free(entry);
        return NULL;
    }
    entry->next = stores;
    return stores = entry;
}

/* Opening one store twice in a process has crashed (nix-eval-jobs 480), so sessions share it. */
Store * hmeval_store(hmeval_session * session, const char * uri)
{
    const char * key = uri ? uri : "";
    pthread_mutex_lock(&stores_lock);
    open_store * entry = find_store(key);
    if (!entry) entry = add_store(session, key);
    pthread_mutex_unlock(&stores_lock);
    return entry ? entry->store : NULL;
}
