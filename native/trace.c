/* What evaluations read by way of the C API, for the cache: the calls of libc by which Nix's libraries look at files and
 * variables, with what was there before a path was looked at for the first time.
 *
 * At that level nobody tells a file that is imported from one that is copied, nor who asks. So everything counts that
 * Nix's libraries read from the opening of the first session on, whatever they read it for, and what cannot be followed
 * (fetchers with their own databases, programs, libraries) makes a trace incomplete. */
#if !defined(HMEVAL_COMPAT) && defined(__linux__)

#  define _GNU_SOURCE
#  include <errno.h>
#  include <fcntl.h>
#  include <limits.h>
#  include <pthread.h>
#  include <search.h>
#  include <stdio.h>
#  include <stdlib.h>
#  include <string.h>
#  include <sys/stat.h>
#  include <time.h>
#  include <unistd.h>

#  define HMEVAL_INTERNAL
#  include "hmeval.h"

#  define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* -- what is kept -------------------------------------------------------------------------------------------------- */

static const char * const kind_names[] = {"type",     "target",   "file",       "listing",    "copied",
                                          "resolved", "variable", "incomplete", "uncacheable"};

/* Nix remembers these as long as the process lives: the lstat of a path (up to 2.34), open folders (since 2.35), an open
 * database. Whoever evaluates later depends on them as well, and does not ask again. What later versions remember is not
 * known, so there everything counts that was ever read. */
enum {
    REMEMBERED = HMEVAL_READ_TYPE | HMEVAL_READ_TARGET | HMEVAL_INCOMPLETE,
    LAST_KNOWN_MAJOR = 2,
    LAST_KNOWN_MINOR = 35,
};
static unsigned remembered_by_nix = REMEMBERED;

typedef struct thing {
    char * name;
    unsigned kinds;
    bool has_link, has_target;
    struct stat link, target; /* as lstat and stat had it */
    char * value;             /* of a variable */
    struct thing * next;
} thing;

typedef struct {
    void * by_name[2]; /* of tsearch: paths, and everything else */
    thing * all;
    bool time_was_told;
    bool lost; /* something could not be kept */
} trace;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static trace of_the_process;        /* what Nix remembers, and what was read on threads that own no session */
static __thread trace * of_session; /* of this thread */
static size_t sessions;
static pid_t tracing; /* the process that traces, and no child of it; 0: no session is open */
static bool redirected;

static int compare_names(const void * a, const void * b)
{
    return strcmp(((const thing *)a)->name, ((const thing *)b)->name);
}

/* NULL: there is no memory. */
static thing * add(trace * trace, bool is_path, const char * name)
{
    thing * added = calloc(1, sizeof(*added));
    if (added && (added->name = strdup(name)) && tsearch(added, &trace->by_name[!is_path], compare_names)) {
        added->next = trace->all;
        return trace->all = added;
    }
    if (added) free(added->name);
    free(added);
    trace->lost = true;
    return NULL;
}

static thing * find(trace * trace, bool is_path, const char * name)
{
    thing wanted = {.name = (char *)name};
    thing ** found = tfind(&wanted, &trace->by_name[!is_path], compare_names);
    return found ? *found : NULL;
}

static void look(thing * thing)
{
    thing->has_link = lstat(thing->name, &thing->link) == 0;
    thing->has_target = stat(thing->name, &thing->target) == 0;
}

/* The path as it was when anybody in this process looked at it for the first time. */
static thing * seen_first(const char * path)
{
    thing * found = find(&of_the_process, true, path);
    if (found || !(found = add(&of_the_process, true, path))) return found;
    look(found);
    return found;
}

static void mark_in(trace * trace, const thing * first, unsigned kinds)
{
    thing * own = find(trace, true, first->name);
    if (!own && !(own = add(trace, true, first->name))) return;
    own->has_link = first->has_link, own->link = first->link;
    own->has_target = first->has_target, own->target = first->target;
    own->kinds |= kinds;
}

static void mark(thing * first, unsigned kinds)
{
    unsigned shared = of_session ? kinds & remembered_by_nix : kinds;
    first->kinds |= shared;
    if (kinds & ~shared) mark_in(of_session, first, kinds & ~shared);
}

static void keep(unsigned kind, const char * name, const char * value)
{
    trace * trace = of_session && !(kind & remembered_by_nix) ? of_session : &of_the_process;
    if (find(trace, false, name)) return;
    thing * added = add(trace, false, name);
    if (!added) return;
    added->kinds = kind;
    if (value && !(added->value = strdup(value))) trace->lost = true;
}

/* -- what is noted ------------------------------------------------------------------------------------------------- */

/* Begin to note something; afterwards errno is what it was. A child that has not become another program yet may have
 * been made while another thread held the lock. */
static bool begin_note(int * error)
{
    *error = errno;
    if (!tracing || getpid() != tracing) return false;
    pthread_mutex_lock(&lock);
    return true;
}

static void end_note(int error)
{
    pthread_mutex_unlock(&lock);
    errno = error;
}

/* -- open folders -----------------------------------------------------------------------------------------------------
 *
 * Since 2.35 Nix names most paths from a folder that it has open, and keeps it open. The kernel tells where that folder is
 * now; what counts is where the evaluation takes it to be. */

typedef struct {
    char * path; /* by which it was opened; NULL: no folder that is known */
    dev_t device;
    ino_t inode;
} open_folder;

static open_folder * open_folders; /* by descriptor */
static size_t open_folder_count;

static bool make_room_for(int descriptor)
{
    size_t count = (size_t)descriptor + 64;
    if ((size_t)descriptor < open_folder_count) return true;
    open_folder * more = realloc(open_folders, count * sizeof(*more));
    if (!more) return false;
    memset(more + open_folder_count, 0, (count - open_folder_count) * sizeof(*more));
    open_folders = more;
    open_folder_count = count;
    return true;
}

static void remember_folder(int descriptor, const char * path)
{
    struct stat now;
    if (!make_room_for(descriptor) || fstat(descriptor, &now)) {
        of_the_process.lost = true;
        return;
    }
    open_folder * folder = &open_folders[descriptor];
    free(folder->path);
    *folder = (open_folder){strdup(path), now.st_dev, now.st_ino};
    if (!folder->path) of_the_process.lost = true;
}

/* The path by which a folder was opened. NULL: the descriptor has become that of something else, or was opened by a
 * library that is not followed. */
static const char * remembered_path(int descriptor)
{
    struct stat opened, now;
    if (descriptor < 0 || (size_t)descriptor >= open_folder_count) return NULL;
    const open_folder * folder = &open_folders[descriptor];
    if (!folder->path || fstat(descriptor, &opened)) return NULL;
    if (opened.st_dev != folder->device || opened.st_ino != folder->inode) return NULL;
    if (stat(folder->path, &now) || now.st_dev != folder->device || now.st_ino != folder->inode)
        keep(HMEVAL_UNCACHEABLE, "a folder that Nix has open was moved, removed or replaced", NULL);
    return folder->path;
}

/* The path of what is open. False: there is none, or not enough room. */
static bool path_of(char * buffer, size_t size, int opened)
{
    char link[32];
    const char * remembered = remembered_path(opened);
    if (remembered) return (size_t)snprintf(buffer, size, "%s", remembered) < size;
    snprintf(link, sizeof(link), opened == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", opened);
    ssize_t length = readlink(link, buffer, size);
    if (length <= 0 || (size_t)length >= size) return false;
    buffer[length] = '\0';
    return true;
}

/* A path as it is from the root. False: there is none, or not enough room. */
static bool absolute_path(char * buffer, size_t size, int folder, const char * path)
{
    size_t length = 0;
    if (*path != '/') {
        if (!path_of(buffer, size, folder)) return false;
        length = strlen(buffer);
        if (!strcmp(path, ".")) path = "";
        if (*path && length > 1 && length + 1 < size) buffer[length++] = '/';
    }
    size_t rest = strlen(path);
    if (length + rest >= size) return false;
    memcpy(buffer + length, path, rest + 1);
    return true;
}

/* The file in which Nix's store notes what this process needs; it is made when there is something to note. */
static bool is_of_the_store(const char * path)
{
    char own[48];
    snprintf(own, sizeof(own), "/temproots/%ld", (long)tracing);
    size_t length = strlen(path), rest = strlen(own);
    return length > rest && !strcmp(path + length - rest, own);
}

void hmeval_note_path(unsigned kinds, int folder, const char * path)
{
    int error;
    char buffer[PATH_MAX + 1];
    if (!begin_note(&error)) return;
    if (!path || !absolute_path(buffer, sizeof(buffer), folder, path)) {
        of_the_process.lost = true;
    } else if (!is_of_the_store(buffer)) {
        thing * first = seen_first(buffer);
        if (first) mark(first, kinds);
    }
    end_note(error);
}

void hmeval_note_incomplete(const char * reason)
{
    int error;
    if (!begin_note(&error)) return;
    keep(HMEVAL_INCOMPLETE, reason, NULL);
    end_note(error);
}

void hmeval_note_variable(const char * name, const char * value)
{
    int error;
    if (!begin_note(&error)) return;
    keep(HMEVAL_VARIABLE, name, value);
    end_note(error);
}

static unsigned kind_of_open(const thing * first, int flags)
{
    if (flags & O_PATH || (first->has_target && S_ISDIR(first->target.st_mode))) return HMEVAL_READ_TYPE;
    /* What is copied tells whether it is executable. Nix opens it like this, and also what it imports and reads. */
    return flags & O_NOFOLLOW ? HMEVAL_READ_COPIED : HMEVAL_READ_FILE_CONTENTS;
}

static bool is_no_file(const thing * first)
{
    return first->has_target && !S_ISDIR(first->target.st_mode) && !S_ISREG(first->target.st_mode);
}

/* A folder that is opened without following links (openat2) is one as long as none of those above it becomes a link. */
static void mark_above(char * path)
{
    for (char * slash; (slash = strrchr(path, '/')) && slash != path;) {
        *slash = '\0';
        thing * first = seen_first(path);
        if (first) mark(first, HMEVAL_READ_TYPE);
    }
}

void hmeval_note_open(int folder, const char * path, int flags)
{
    int error;
    char buffer[PATH_MAX + 1];
    if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC)) return;
    if (!begin_note(&error)) return;
    thing * first = absolute_path(buffer, sizeof(buffer), folder, path) ? seen_first(buffer) : NULL;
    if (!first)
        of_the_process.lost = true;
    else if (is_no_file(first))
        keep(HMEVAL_INCOMPLETE, "it reads what is no file", NULL);
    else
        mark(first, kind_of_open(first, flags));
    if (first && flags & O_PATH) mark_above(buffer);
    end_note(error);
}

void hmeval_note_opened(int descriptor, int folder, const char * path, int flags)
{
    int error;
    char buffer[PATH_MAX + 1];
    if (descriptor < 0 || !(flags & O_DIRECTORY) || !begin_note(&error)) return;
    if (absolute_path(buffer, sizeof(buffer), folder, path)) remember_folder(descriptor, buffer);
    end_note(error);
}

/* -- the time ------------------------------------------------------------------------------------------------------
 *
 * builtins.currentTime is a number that is made with the state. It becomes a call, in place: whoever asks for it, by
 * whatever name, makes it. */

static void tell_time(
    void * nothing, nix_c_context * context, EvalState * state, nix_value ** arguments, nix_value * result)
{
    (void)nothing, (void)state, (void)arguments;
    if (of_session) of_session->time_was_told = true;
    nix_init_int(context, result, time(NULL));
}

static bool make_it_a_call(hmeval_session * session, nix_value * now)
{
    static const char * arguments[] = {"nothing", NULL};
    nix_c_context * context = session->context;
    PrimOp * primop = nix_alloc_primop(context, tell_time, 1, "currentTime", arguments, "", NULL);
    nix_value * function = primop ? nix_alloc_value(context, session->state) : NULL;
    bool done = function && nix_init_primop(context, function, primop) == NIX_OK
        && nix_init_apply(context, now, function, function) == NIX_OK;
    hmeval_value_release(session, function);
    if (primop) nix_gc_decref(context, primop);
    return done;
}

/* Whether a call of it is seen, after which it has to be made one again. */
static bool is_seen(hmeval_session * session)
{
    nix_value * ignored = NULL;
    of_session->time_was_told = false;
    hmeval_evaluate(session, "builtins.currentTime", "/", &ignored);
    hmeval_value_release(session, ignored);
    return of_session->time_was_told;
}

static bool watch_time(hmeval_session * session)
{
    nix_value *builtins = NULL, *now = NULL;
    hmeval_status status = hmeval_evaluate(session, "builtins", "/", &builtins);
    if (status == HMEVAL_OK) status = hmeval_value_attribute(session, builtins, "currentTime", &now);
    bool watched = status == HMEVAL_ABSENT /* evaluation is pure */
        || (status == HMEVAL_OK && make_it_a_call(session, now) && is_seen(session) && make_it_a_call(session, now));
    of_session->time_was_told = false;
    hmeval_value_release(session, now);
    hmeval_value_release(session, builtins);
    return watched;
}

/* -- a trace ------------------------------------------------------------------------------------------------------- */

static bool is_later_than_known(const char * version)
{
    int major = 0, minor = 0;
    if (sscanf(version, "%d.%d", &major, &minor) != 2 || major > LAST_KNOWN_MAJOR) return true;
    return major == LAST_KNOWN_MAJOR && minor > LAST_KNOWN_MINOR;
}

void hmeval_trace_start(void)
{
    if (is_later_than_known(nix_version_get())) remembered_by_nix = ~0u;
    redirected = hmeval_follow_calls();
}

void hmeval_trace_begin(void)
{
    if (!redirected) return;
    of_session = calloc(1, sizeof(*of_session));
    if (!of_session) return;
    pthread_mutex_lock(&lock);
    ++sessions;
    tracing = getpid();
    pthread_mutex_unlock(&lock);
}

void hmeval_trace_state(hmeval_session * session)
{
    if (of_session && !watch_time(session)) of_session->lost = true;
}

static void free_nothing(void * thing)
{
    (void)thing;
}

void hmeval_trace_end(void)
{
    if (!of_session) return;
    pthread_mutex_lock(&lock);
    if (!--sessions) tracing = 0;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 2; ++i)
        tdestroy(of_session->by_name[i], free_nothing);
    for (thing *each = of_session->all, *next; each; each = next) {
        next = each->next;
        free(each->name);
        free(each->value);
        free(each);
    }
    free(of_session);
    of_session = NULL;
}

static void forget_in(trace * trace, const char * folder)
{
    size_t length = strlen(folder);
    for (thing * each = trace ? trace->all : NULL; each; each = each->next)
        if (!strncmp(each->name, folder, length) && (!each->name[length] || each->name[length] == '/')) each->kinds = 0;
}

void hmeval_trace_forget(const char * folder)
{
    pthread_mutex_lock(&lock);
    forget_in(&of_the_process, folder);
    forget_in(of_session, folder);
    pthread_mutex_unlock(&lock);
}

static size_t pack_thing(hmeval_buffer * buffer, const thing * thing)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT(kind_names); ++i) {
        if (!(thing->kinds & 1u << i)) continue;
        const struct stat * link = thing->has_link ? &thing->link : NULL;
        hmeval_pack_input(
            buffer, kind_names[i], thing->name, link, thing->has_target ? &thing->target : NULL, thing->value);
        ++count;
    }
    return count;
}

void hmeval_pack_inputs(hmeval_buffer * buffer)
{
    if (!of_session || of_session->lost || of_the_process.lost) return hmeval_pack_nil(buffer);
    if (of_session->time_was_told) keep(HMEVAL_UNCACHEABLE, "it uses builtins.currentTime", NULL);
    if (hmeval_unknown_import()) keep(HMEVAL_UNCACHEABLE, hmeval_unknown_import(), NULL);
    if (hmeval_other_home()) keep(HMEVAL_UNCACHEABLE, hmeval_other_home(), NULL);
    keep(HMEVAL_VARIABLE, "HOME", hmeval_home_at_start());
    pthread_mutex_lock(&lock);
    size_t place = hmeval_pack_open_array(buffer), count = 0;
    for (thing * each = of_the_process.all; each; each = each->next)
        count += pack_thing(buffer, each);
    for (thing * each = of_session->all; each; each = each->next)
        count += pack_thing(buffer, each);
    hmeval_pack_close(buffer, place, count);
    pthread_mutex_unlock(&lock);
}

#endif
