/* Functions in the place of those by which Nix's libraries read: each notes what is asked for (trace.c), and asks. What
 * cannot be followed from here makes a trace incomplete once it is called. So does a function that is neither here nor in
 * harmless_calls.c, as soon as a library of the engine knows of it: nobody has looked at what it reads. */
#if !defined(HMEVAL_COMPAT) && defined(__linux__)

#  define _GNU_SOURCE
#  include <dirent.h>
#  include <dlfcn.h>
#  include <fcntl.h>
#  include <linux/openat2.h>
#  include <pthread.h>
#  include <stdarg.h>
#  include <stdio.h>
#  include <stdlib.h>
#  include <string.h>
#  include <sys/stat.h>
#  include <sys/syscall.h>
#  include <sys/wait.h>
#  include <unistd.h>

#  define HMEVAL_INTERNAL
#  include "hmeval.h"

#  define COUNT(array) (sizeof(array) / sizeof(*(array)))

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

static int traced_open(const char * path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    hmeval_note_open(AT_FDCWD, path, flags);
    int descriptor = open(path, flags, mode);
    hmeval_note_opened(descriptor, AT_FDCWD, path, flags);
    return descriptor;
}

static int traced_openat(int folder, const char * path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    hmeval_note_open(folder, path, flags);
    int descriptor = openat(folder, path, flags, mode);
    hmeval_note_opened(descriptor, folder, path, flags);
    return descriptor;
}

static FILE * traced_fopen(const char * path, const char * mode)
{
    hmeval_note_open(AT_FDCWD, path, *mode == 'r' && !strchr(mode, '+') ? O_RDONLY : O_RDWR);
    return fopen(path, mode);
}

static DIR * traced_opendir(const char * path)
{
    hmeval_note_path(HMEVAL_READ_LISTING, AT_FDCWD, path);
    return opendir(path);
}

static DIR * traced_fdopendir(int folder)
{
    hmeval_note_path(HMEVAL_READ_LISTING, folder, "");
    return fdopendir(folder);
}

static int traced_lstat(const char * path, struct stat * found)
{
    hmeval_note_path(HMEVAL_READ_TYPE, AT_FDCWD, path);
    return lstat(path, found);
}

static int traced_stat(const char * path, struct stat * found)
{
    hmeval_note_path(HMEVAL_READ_TARGET, AT_FDCWD, path);
    return stat(path, found);
}

static int traced_fstatat(int folder, const char * path, struct stat * found, int flags)
{
    if (*path) hmeval_note_path(flags & AT_SYMLINK_NOFOLLOW ? HMEVAL_READ_TYPE : HMEVAL_READ_TARGET, folder, path);
    return fstatat(folder, path, found, flags);
}

static int traced_statx(int folder, const char * path, int flags, unsigned mask, struct statx * found)
{
    if (path && *path)
        hmeval_note_path(flags & AT_SYMLINK_NOFOLLOW ? HMEVAL_READ_TYPE : HMEVAL_READ_TARGET, folder, path);
    return statx(folder, path, flags, mask, found);
}

static int traced_faccessat(int folder, const char * path, int mode, int flags)
{
    hmeval_note_path(HMEVAL_READ_TARGET, folder, path);
    return faccessat(folder, path, mode, flags);
}

static int traced_access(const char * path, int mode)
{
    hmeval_note_path(HMEVAL_READ_TARGET, AT_FDCWD, path);
    return access(path, mode);
}

static ssize_t traced_readlink(const char * path, char * buffer, size_t size)
{
    hmeval_note_path(HMEVAL_READ_TYPE, AT_FDCWD, path);
    return readlink(path, buffer, size);
}

static ssize_t traced_readlinkat(int folder, const char * path, char * buffer, size_t size)
{
    hmeval_note_path(HMEVAL_READ_TYPE, folder, path);
    return readlinkat(folder, path, buffer, size);
}

static char * traced_realpath(const char * path, char * buffer)
{
    hmeval_note_path(HMEVAL_READ_RESOLVED | HMEVAL_READ_TARGET, AT_FDCWD, path);
    return realpath(path, buffer);
}

static char * traced_getenv(const char * name)
{
    char * value = getenv(name);
    hmeval_note_variable(name, value);
    return value;
}

#  define FETCHES "it fetches something, and this engine does not tell what"

/* All but the store's own are what fetchers remember: which revision a branch has, say. */
typedef int sqlite_open(const char * path, void ** database, int flags, const char * system);

static int traced_sqlite_open(const char * path, void ** database, int flags, const char * system)
{
    const char * slash = strrchr(path, '/');
    const char * name = slash ? slash + 1 : path;
    if (strcmp(name, "db.sqlite") && strncmp(name, "binary-cache-", strlen("binary-cache-")))
        hmeval_note_incomplete(FETCHES);
    return ((sqlite_open *)dlsym(RTLD_NEXT, "sqlite3_open_v2"))(path, database, flags, system);
}

typedef int archive_open(void * archive, const char * path, size_t block);

static int traced_archive_open(void * archive, const char * path, size_t block)
{
    if (path) hmeval_note_open(AT_FDCWD, path, O_RDONLY);
    return ((archive_open *)dlsym(RTLD_NEXT, "archive_read_open_filename"))(archive, path, block);
}

static pid_t traced_waitpid(pid_t process, int * status, int options)
{
    hmeval_note_incomplete("it runs a program or builds something, and this engine does not tell what that reads");
    return waitpid(process, status, options);
}

static void * traced_dlopen(const char * path, int flags)
{
    hmeval_note_incomplete("it runs native code");
    return dlopen(path, flags);
}

/* What fetches a folder, and tells the newest time stamp in it; and its name since Nix 2.34. */
#  define DUMP_PATH "_ZN3nix19dumpPathAndGetMtimeE"
#  define DUMP_TEXT_PATH \
      DUMP_PATH "RKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEERNS_4SinkERSt8functionIFbS7_EE"
#  define DUMP_FILE_PATH \
      DUMP_PATH "RKNSt10filesystem7__cxx114pathERNS_4SinkERNS_3funIFbRKNSt7__cxx1112basic_stringIcSt11char_" \
                "traitsIcESaIcEEEEEE"
typedef time_t dump_path(const void * path, void * sink, void * filter);

static time_t traced_dump_path(const void * path, void * sink, void * filter)
{
    void * original = dlsym(RTLD_NEXT, DUMP_TEXT_PATH);
    hmeval_note_incomplete(FETCHES);
    return ((dump_path *)(original ? original : dlsym(RTLD_NEXT, DUMP_FILE_PATH)))(path, sink, filter);
}

/* -- calls of the kernel by number --------------------------------------------------------------------------------- */

/* Numbers of calls that read nothing: what becomes of descriptors and modes, and what a sandbox is made of. */
static bool reads_nothing(long number)
{
    static const long numbers[] = {
        SYS_gettid,
        SYS_futex,
        SYS_getrandom,
        SYS_kill,
        SYS_pivot_root,
#  ifdef SYS_close_range
        SYS_close_range,
#  endif
#  ifdef SYS_fchmodat2
        SYS_fchmodat2,
#  endif
#  ifdef SYS_move_mount
        SYS_open_tree,
        SYS_move_mount,
#  endif
#  ifdef SYS_landlock_create_ruleset
        SYS_landlock_create_ruleset,
        SYS_landlock_add_rule,
        SYS_landlock_restrict_self,
#  endif
    };
    for (size_t i = 0; i < COUNT(numbers); ++i)
        if (numbers[i] == number) return true;
    return false;
}

/* As for openat: what leads through no link at all is not led to by one either. */
static int flags_of(const struct open_how * how)
{
    return (int)how->flags | (how->resolve & RESOLVE_NO_SYMLINKS ? O_NOFOLLOW : 0);
}

/* In libc since glibc 2.43. */
static int traced_openat2(int folder, const char * path, const struct open_how * how, size_t size)
{
    if (how) hmeval_note_open(folder, path, flags_of(how));
    int descriptor = (int)syscall(SYS_openat2, folder, path, how, size);
    if (how) hmeval_note_opened(descriptor, folder, path, flags_of(how));
    return descriptor;
}

/* Nix calls openat2 in this way (since 2.34). */
static long traced_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == SYS_openat2) return traced_openat2((int)a, (const char *)b, (const struct open_how *)c, (size_t)d);
    if (!reads_nothing(number)) hmeval_note_incomplete("it calls the kernel in a way that hmeval does not know");
    return syscall(number, a, b, c, d, e, f);
}

/* -- what cannot be followed ---------------------------------------------------------------------------------------- */

typedef long any_function(long, long, long, long, long, long);

/* In the place of a function of up to six arguments, none of them a floating-point number or a structure: whoever calls
 * it learns what is not followed. */
#  define GATE(name, reason) \
      static long gate_##name(long a, long b, long c, long d, long e, long f) \
      { \
          hmeval_note_incomplete(reason); \
          return ((any_function *)dlsym(RTLD_NEXT, #name))(a, b, c, d, e, f); \
      }

#  define USERS "it asks which users this machine has"
#  define GIT "it reads a Git repository, and this engine does not tell what of it"

#  define GATES(X) \
      X(getpwnam, USERS) \
      X(getpwnam_r, USERS) \
      X(getpwuid, USERS) \
      X(getpwuid_r, USERS) \
      X(getgrnam, USERS) \
      X(getgrnam_r, USERS) \
      X(getgrgid, USERS) \
      X(getgrouplist, USERS) \
      X(glob, "it looks for files by a pattern") \
      X(curl_easy_perform, FETCHES) \
      X(curl_multi_add_handle, FETCHES) \
      X(git_repository_open, GIT) \
      X(git_repository_open_bare, GIT) \
      X(git_repository_open_ext, GIT) \
      X(git_repository_discover, GIT) \
      X(git_repository_init, GIT) \
      X(git_repository_init_ext, GIT) \
      X(git_config_open_default, GIT) \
      X(git_config_open_ondisk, GIT) \
      X(git_odb_backend_pack, GIT)

GATES(GATE)

/* -- the table ------------------------------------------------------------------------------------------------------ */

/* By plain names (imports.c). */
static const struct {
    const char * name;
    void * function;
} calls[] = {
    {"open", traced_open},
    {"openat", traced_openat},
    {"openat2", traced_openat2},
    {"fopen", traced_fopen},
    {"opendir", traced_opendir},
    {"fdopendir", traced_fdopendir},
    {"lstat", traced_lstat},
    {"stat", traced_stat},
    {"fstatat", traced_fstatat},
    {"statx", traced_statx},
    {"access", traced_access},
    {"faccessat", traced_faccessat},
    {"readlink", traced_readlink},
    {"readlinkat", traced_readlinkat},
    {"realpath", traced_realpath},
    {"getenv", traced_getenv},
    {"secure_getenv", traced_getenv},
    {"waitpid", traced_waitpid},
    {"dlopen", traced_dlopen},
    {"GC_dlopen", traced_dlopen},
    {"syscall", traced_syscall},
    {"archive_read_open_filename", traced_archive_open},
    {"sqlite3_open_v2", traced_sqlite_open},
    {DUMP_TEXT_PATH, traced_dump_path},
    {DUMP_FILE_PATH, traced_dump_path},
#  define GATE_ENTRY(name, reason) {#name, gate_##name},
    GATES(GATE_ENTRY)};

/* Whether the engine's libraries import it. */
static bool is_imported[COUNT(calls)];

static bool find_call(const char * name, void ** function)
{
    for (size_t i = 0; i < COUNT(calls); ++i) {
        if (*name != *calls[i].name || strcmp(name, calls[i].name)) continue;
        is_imported[i] = true;
        *function = calls[i].function;
        return true;
    }
    return hmeval_is_harmless(name);
}

static bool is_any_imported(const char * const * names)
{
    for (; *names; ++names)
        for (size_t i = 0; i < COUNT(calls); ++i)
            if (is_imported[i] && !strcmp(calls[i].name, *names)) return true;
    return false;
}

/* Nix reads by one function of each row. Where it imports none of them, it reads in a way that is not seen here. */
static const char * const expected[][4] = {
    {"open", "openat"},       {"lstat", "fstatat", "statx"},    {"readlink", "readlinkat"},
    {"opendir", "fdopendir"}, {"getenv", "secure_getenv"},      {"waitpid"},
    {"sqlite3_open_v2"},      {DUMP_TEXT_PATH, DUMP_FILE_PATH},
};

static hmeval_imports seen = {.find = find_call};

static void find_out(void)
{
    hmeval_visit_imports(&seen);
    for (size_t i = 0; !*seen.unknown && i < COUNT(expected); ++i)
        if (!is_any_imported(expected[i]))
            snprintf(
                seen.unknown, sizeof(seen.unknown),
                "Nix does not call %s, and reads in a way that hmeval does not follow", expected[i][0]);
}

const char * hmeval_unknown_import(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_out);
    return *seen.unknown ? seen.unknown : NULL;
}

bool hmeval_follow_calls(void)
{
    hmeval_imports led = {.find = find_call, .redirect = true};
    hmeval_visit_imports(&led);
    return !led.failed;
}

#endif
