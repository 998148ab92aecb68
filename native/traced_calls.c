/* Functions in the place of those by which Nix's libraries read: each notes what is asked for (trace.c), and asks. What
 * cannot be followed from here makes a trace incomplete, or, where a library of Nix calls it, impossible. */
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
    return open(path, flags, mode);
}

static int traced_openat(int folder, const char * path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    hmeval_note_open(folder, path, flags);
    return openat(folder, path, flags, mode);
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

typedef int git_open(void ** repository, const char * path);

static int traced_git_open(void ** repository, const char * path)
{
    hmeval_note_incomplete("it reads a Git repository, and this engine does not tell what of it");
    return ((git_open *)dlsym(RTLD_NEXT, "git_repository_open"))(repository, path);
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

/* Nix calls openat2 by its number (since 2.34), for which libc has no function. */
static long traced_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == SYS_openat2 && c) hmeval_note_open((int)a, (const char *)b, (int)((const struct open_how *)c)->flags);
    return syscall(number, a, b, c, d, e, f);
}

static hmeval_redirect calls[] = {
    {"open", traced_open},
    {"open64", traced_open},
    {"__open_2", traced_open},
    {"__open64_2", traced_open},
    {"openat", traced_openat},
    {"openat64", traced_openat},
    {"__openat_2", traced_openat},
    {"__openat64_2", traced_openat},
    {"fopen", traced_fopen},
    {"fopen64", traced_fopen},
    {"opendir", traced_opendir},
    {"fdopendir", traced_fdopendir},
    {"lstat", traced_lstat},
    {"lstat64", traced_lstat},
    {"stat", traced_stat},
    {"stat64", traced_stat},
    {"fstatat", traced_fstatat},
    {"fstatat64", traced_fstatat},
    {"statx", traced_statx},
    {"access", traced_access},
    {"readlink", traced_readlink},
    {"__readlink_chk", traced_readlink},
    {"readlinkat", traced_readlinkat},
    {"__readlinkat_chk", traced_readlinkat},
    {"realpath", traced_realpath},
    {"__realpath_chk", traced_realpath},
    {"getenv", traced_getenv},
    {"secure_getenv", traced_getenv},
    {"waitpid", traced_waitpid},
    {"dlopen", traced_dlopen},
    {"GC_dlopen", traced_dlopen},
    {"sqlite3_open_v2", traced_sqlite_open},
    {"git_repository_open", traced_git_open},
    {"syscall", traced_syscall},
    {DUMP_TEXT_PATH, traced_dump_path},
    {DUMP_FILE_PATH, traced_dump_path},
};

/* Ways to read that are not followed: where a library of Nix knows one of them, nothing is traced. */
static hmeval_redirect unfollowed[] = {
    {"__lxstat"},     {"__lxstat64"}, {"__xstat"},
    {"__xstat64"},    {"__fxstatat"}, {"__fxstatat64"},
    {"faccessat"},    {"ftw"},        {"ftw64"},
    {"nftw"},         {"nftw64"},     {"fts_open"},
    {"scandir"},      {"scandir64"},  {"posix_spawn"},
    {"posix_spawnp"}, {"system"},     {"popen"},
    {"wait"},         {"wait4"},      {"git_repository_open_ext"},
};

#  define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool is_called(const char * name)
{
    for (size_t i = 0; i < COUNT(calls); ++i)
        if (!strncmp(calls[i].name, name, strlen(name)) && calls[i].found) return true;
    return false;
}

/* Nix up to 2.34 remembers what lstat gave, which is provided for here; 2.35 remembers open folders. */
#  define CACHED_LSTAT "_ZN3nix19PosixSourceAccessor11cachedLstatERKNS_9CanonPathE"

static bool available;

static void find_out(void)
{
    static const char * const expected[] = {"open",    "lstat",        "readlink", "getenv",
                                            "waitpid", "sqlite3_open", DUMP_PATH};
    hmeval_find_calls(calls, COUNT(calls));
    hmeval_find_calls(unfollowed, COUNT(unfollowed));
    available = dlsym(RTLD_NEXT, CACHED_LSTAT) != NULL;
    for (size_t i = 0; i < COUNT(expected); ++i)
        available = available && is_called(expected[i]);
    for (size_t i = 0; i < COUNT(unfollowed); ++i)
        available = available && !unfollowed[i].found;
}

bool hmeval_traces_available(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_out);
    return available;
}

bool hmeval_follow_calls(void)
{
    return hmeval_traces_available() && hmeval_redirect_calls(calls, COUNT(calls));
}

#endif
