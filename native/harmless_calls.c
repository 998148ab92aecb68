/* The functions that Nix's libraries, those of C++ below them and this extension may call without telling an evaluation
 * anything that the trace does not know. Names are plain (imports.c): without the marks of variants.
 *
 * What is in no list, here or in traced_calls.c, is taken to read something: nothing is cached then. So before a name is
 * added, its manual has to say that it takes nothing from a path, a variable, another process or the network, or the
 * comment of its group why that cannot matter.
 *
 * Taken from the imports of Nix 2.8.0, 2.26.3, 2.34.8 and 2.35.2, and of libstdc++ and Boost, on Debian 12, 13 and sid. */
#if defined(__linux__)

#  define _GNU_SOURCE
#  include <pthread.h>
#  include <search.h>
#  include <string.h>

#  define HMEVAL_INTERNAL
#  include "hmeval.h"

/* clang-format off */

static const char * const groups[] = {
    /* The compiler's and the linker's own. */
    "ITM_deregisterTMCloneTable ITM_registerTMCloneTable gmon_start cxa_atexit cxa_finalize cxa_thread_atexit_impl "
    "tls_get_addr stack_chk_fail assert_fail errno_location libc_single_threaded dl_find_object dl_iterate_phdr eqtf2 "
    "getf2 gttf2 letf2 unordtf2 udivmodti4 udivti3 popcountdi2 libc_start_main register_atfork atexit exit quick_exit "
    "abort fdelt",

    /* Memory and text. */
    "aligned_alloc calloc free malloc malloc_usable_size posix_memalign realloc reallocarray madvise mlock mmap "
    "mprotect mremap msync munmap memchr memcmp memcpy memmem memmove mempcpy memrchr memset rawmemchr bcmp bcopy "
    "bzero explicit_bzero stpcpy stpncpy strcasecmp strcasestr strcat strchr strchrnul strcmp strcoll strcpy strcspn "
    "strdup strerror strerror_r strlcat strlcpy strlen strncasecmp strncat strncmp strncpy strndup strnlen strpbrk "
    "strrchr strsep strsignal strspn strstr strtok strtok_r strverscmp strxfrm sigabbrev_np sigdescr_np "
    "strerrorname_np xpg_basename basename dirname wcscmp wcslen wcswidth wcwidth wmemchr wmemcmp wmemcpy wmemmove "
    "wmemset qsort bsearch tdestroy tfind tsearch tdelete hcreate_r hdestroy_r hsearch_r lfind a64l ffs ffsl ffsll",

    /* Numbers, characters and locales; those that Nix uses are "C" and that of the user's terminal. */
    "atof atoi atol atoll div ldiv lldiv strfromf128 strfromd strtod strtof strtof128 strtoimax strtol strtold "
    "strtoll strtonum strtoul strtoull strtoumax strtod_l strtof_l strtold_l strtol_l strtoul_l ceil exp fegetround "
    "fesetround floor fmod frexp frexpf frexpl ldexp log log10 log2 lround modf pow round signbit sqrt trunc isinf "
    "isnan finite isalnum isalpha isascii iscntrl isdigit isgraph islower isprint ispunct isspace isupper iswctype_l "
    "isxdigit iswspace tolower toupper towlower_l towupper_l ctype_b_loc ctype_get_mb_cur_max ctype_tolower_loc "
    "ctype_toupper_loc btowc mblen mbrlen mbrtowc mbsnrtowcs mbsrtowcs mbstowcs mbtowc wcrtomb wcsnrtombs wcsrtombs "
    "wctob wctomb wcscoll_l wcsftime_l wcsxfrm_l wctype_l strcoll_l strftime strftime_l strptime strxfrm_l duplocale "
    "freelocale localeconv newlocale nl_langinfo nl_langinfo_l setlocale uselocale bind_textdomain_codeset "
    "bindtextdomain dcgettext dgettext gettext ngettext textdomain iconv iconv_close iconv_open",

    /* Files that are open already, and folders: what was opened is in the trace. */
    "close close_range closefrom closedir clearerr copy_file_range dirfd dup dup2 dup3 fadvise posix_fadvise fclose "
    "fcntl fdopen feof ferror fflush fgetc fgets fileno flock flockfile fopencookie fprintf fputc fputs fread fseek "
    "fseeko fsetpos fstat fstatfs fstatvfs ftell ftello funlockfile fwrite getc getdelim getline getwc ioctl isatty "
    "lseek open_memstream fmemopen perror pread preadv pread2 putc putchar puts putwc read readahead readdir "
    "readdir_r readv globfree rewind rewinddir seekdir sendfile setbuf setvbuf splice tee telldir ungetc ungetwc "
    "vfprintf vdprintf dprintf vprintf printf write pwrite pwritev writev stderr stdin stdout snprintf sprintf sscanf "
    "vasprintf asprintf vsnprintf vsprintf vsscanf getmntent hasmntopt endmntent",

    /* What writes; what it finds there is told by a function that reads. */
    "chmod chown fallocate fchmod fchmodat fchown fchownat fdatasync fsync ftruncate futimens futimes lchmod lchown "
    "link linkat lutimes mkdir mkdirat mkdtemp mkfifo mknod mkostemp mkstemp mkstemps posix_fallocate remove rename "
    "renameat renameat2 rmdir symlink symlinkat sync sync_file_range syncfs tmpfile truncate umask unlink unlinkat "
    "utime utimensat utimes lremovexattr lsetxattr fsetxattr removexattr setxattr",

    /* Of paths in Nix's store and state: which attributes to take away, how much room there is. */
    "llistxattr listxattr flistxattr statfs statvfs",

    /* This process: none of it comes into a value. The environment as a whole is handed to programs alone, whose end
     * (waitpid) is followed. */
    "environ clearenv putenv setenv unsetenv getauxval chdir fchdir getcwd chroot daemon getegid geteuid getgid "
    "getgroups getpagesize getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid "
    "gettid getuid initgroups issetugid nice pause personality prctl prlimit raise sched_getaffinity sched_getcpu "
    "sched_setaffinity sched_yield setdomainname setegid seteuid setgid setgroups sethostname setns setpgid "
    "setpriority setregid setresgid setresuid setreuid setrlimit setsid setuid sysconf sysinfo get_nprocs "
    "get_nprocs_conf pathconf fpathconf confstr ulimit uname unshare",

    /* Programs: begun by these, and followed at their end. Mounts are made for builds, which are programs. */
    "clone execl execle execlp execv execve execvp execvpe fexecve fork vfork kill killpg pidfd_open "
    "pidfd_send_signal mount move_mount open_tree umount umount2 pivot_root pipe pipe2 grantpt posix_openpt ptsname "
    "ptsname_r unlockpt openpty cfmakeraw tcgetattr tcgetpgrp tcsetattr tcsetpgrp tcdrain tcflush",

    /* Time: builtins.currentTime is followed by itself; what else looks at a clock waits. */
    "alarm clock clock_getres clock_gettime clock_nanosleep difftime ftime gettimeofday gmtime gmtime_r nanosleep "
    "setitimer sleep time timegm timer_create timer_delete timer_settime timerfd_create timerfd_settime times ualarm "
    "usleep",

    /* Random numbers: names of temporary files, pauses before another attempt. */
    "arc4random arc4random_buf arc4random_uniform drand48 getentropy getrandom lrand48 rand rand_r random srand "
    "srand48 srandom",

    /* Threads, signals, waiting. */
    "pthread_atfork pthread_attr_destroy pthread_attr_getdetachstate pthread_attr_getstack pthread_attr_getstacksize "
    "pthread_attr_init pthread_attr_setdetachstate pthread_attr_setstacksize pthread_cancel pthread_cond_broadcast "
    "pthread_cond_clockwait pthread_cond_destroy pthread_cond_init pthread_cond_signal pthread_cond_timedwait "
    "pthread_cond_wait pthread_condattr_destroy pthread_condattr_init pthread_condattr_setclock pthread_create "
    "pthread_detach pthread_equal pthread_exit pthread_getaffinity_np pthread_getattr_np pthread_getname_np "
    "pthread_getspecific pthread_join pthread_key_create pthread_key_delete pthread_kill pthread_mutex_destroy "
    "pthread_mutex_init pthread_mutex_lock pthread_mutex_timedlock pthread_mutex_clocklock pthread_mutex_trylock "
    "pthread_mutex_unlock pthread_mutexattr_destroy pthread_mutexattr_init pthread_mutexattr_settype pthread_once "
    "pthread_rwlock_destroy pthread_rwlock_init pthread_rwlock_rdlock pthread_rwlock_tryrdlock "
    "pthread_rwlock_trywrlock pthread_rwlock_clockrdlock pthread_rwlock_clockwrlock pthread_rwlock_unlock "
    "pthread_rwlock_wrlock pthread_self pthread_setaffinity_np pthread_setcancelstate pthread_setcanceltype "
    "pthread_setname_np pthread_setspecific pthread_sigmask pthread_testcancel sem_destroy sem_init sem_post "
    "sem_timedwait sem_clockwait sem_trywait sem_wait sigaction sigaddset sigaltstack sigdelset sigemptyset "
    "sigfillset siginterrupt sigismember sigorset signal signalfd sigpending sigprocmask sigsuspend sigtimedwait "
    "sigwait sigwaitinfo setjmp longjmp sigsetjmp siglongjmp epoll_create epoll_create1 epoll_ctl epoll_wait eventfd "
    "eventfd_read eventfd_write poll ppoll pselect select getcontext makecontext setcontext swapcontext jump_fcontext "
    "make_fcontext ontop_fcontext",

    /* Sockets: Nix speaks to its daemon by them, which answers for the store as the database does that is followed. What
     * goes out into the network goes by curl. */
    "accept accept4 bind connect getpeername getsockname getsockopt htonl htons listen ntohl ntohs recv recvfrom "
    "recvmsg send sendmsg sendto setsockopt shutdown socket socketpair inet_ntop inet_pton",

    /* Libraries that are loaded: what loads one is followed. */
    "dladdr dladdr1 dlclose dlerror dlinfo dlsym dlvsym nss_configure_lookup",

    /* The collector. Its settings in the environment change no value. */
    "GC_add_roots GC_allow_register_threads GC_collect_a_little GC_disable GC_enable GC_expand_hp GC_free GC_gcollect "
    "GC_get_heap_size GC_get_heap_usage_safe GC_get_stack_base GC_get_my_stackbottom GC_get_sp_corrector "
    "GC_ignore_warn_proc GC_init GC_is_init_called GC_malloc GC_malloc_atomic GC_malloc_atomic_ignore_off_page "
    "GC_malloc_ignore_off_page GC_malloc_many GC_malloc_uncollectable GC_register_finalizer "
    "GC_register_finalizer_ignore_self GC_register_my_thread GC_get_bytes_since_gc GC_is_incremental_mode "
    "GC_register_displacement GC_remove_roots GC_set_all_interior_pointers GC_set_max_heap_size GC_set_no_dls "
    "GC_set_oom_fn GC_set_sp_corrector GC_set_stackbottom GC_set_start_callback GC_set_warn_proc GC_strdup GC_strndup "
    "GC_start_performance_measurement GC_get_full_gc_total_time GC_get_gc_no GC_get_total_bytes GC_get_prof_stats "
    "GC_unregister_my_thread GC_base GC_general_register_disappearing_link GC_set_push_other_roots "
    "GC_get_push_other_roots GC_push_all_eager GC_push_all GC_invoke_finalizers GC_unregister_disappearing_link",

    /* Hashes, signatures, compression: of bytes in memory. */
    "MD5_Final MD5_Init MD5_Update SHA1_Final SHA1_Init SHA1_Update SHA256_Final SHA256_Init SHA256_Update "
    "SHA512_Final SHA512_Init SHA512_Update EVP_DigestFinal_ex EVP_DigestInit_ex EVP_DigestUpdate EVP_MD_CTX_free "
    "EVP_MD_CTX_new EVP_md5 EVP_sha1 EVP_sha256 EVP_sha512 OPENSSL_cleanse OPENSSL_init_crypto CRYPTO_free "
    "blake3_hasher_finalize blake3_hasher_init blake3_hasher_update blake3_hasher_update_tbb crc32 "
    "crypto_sign_detached crypto_sign_ed25519_sk_to_pk crypto_sign_keypair crypto_sign_verify_detached "
    "randombytes_buf sodium_init BZ2_bzCompress BZ2_bzCompressEnd BZ2_bzCompressInit BZ2_bzDecompress "
    "BZ2_bzDecompressEnd BZ2_bzDecompressInit BrotliDecoderCreateInstance BrotliDecoderDecompressStream "
    "BrotliDecoderDestroyInstance BrotliDecoderErrorString BrotliDecoderGetErrorCode BrotliDecoderIsFinished "
    "BrotliEncoderCompressStream BrotliEncoderCreateInstance BrotliEncoderDestroyInstance BrotliEncoderIsFinished "
    "BrotliEncoderSetParameter ZSTD_CCtx_reset ZSTD_CCtx_setParameter ZSTD_CCtx_setPledgedSrcSize ZSTD_CStreamInSize "
    "ZSTD_CStreamOutSize ZSTD_DStreamInSize ZSTD_DStreamOutSize ZSTD_compressStream2 ZSTD_createCCtx ZSTD_freeCCtx "
    "ZSTD_compressStream ZSTD_createCStream ZSTD_createDStream ZSTD_decompressStream ZSTD_endStream ZSTD_flushStream "
    "ZSTD_freeCStream ZSTD_freeDStream ZSTD_getErrorName ZSTD_initCStream ZSTD_initDStream ZSTD_isError deflate "
    "deflateEnd deflateInit2 deflateInit2_ deflateReset inflate inflateEnd inflateInit2 inflateInit2_ inflateReset "
    "lzma_code lzma_cputhreads lzma_end lzma_stream_decoder lzma_stream_encoder_mt",

    /* The processor; what a build may do. */
    "cpu_identify cpuid_get_raw_data cpuid_present seccomp_arch_add seccomp_attr_set seccomp_init seccomp_load "
    "seccomp_release seccomp_rule_add seccomp_export_bpf",

    /* SQLite, once a database is open: which is followed. */
    "sqlite3_bind_blob sqlite3_bind_int sqlite3_bind_int64 sqlite3_bind_null sqlite3_bind_text sqlite3_busy_timeout "
    "sqlite3_changes sqlite3_close sqlite3_close_v2 sqlite3_column_int sqlite3_column_int64 sqlite3_column_text "
    "sqlite3_column_type sqlite3_column_blob sqlite3_column_bytes sqlite3_db_filename sqlite3_errcode sqlite3_errmsg "
    "sqlite3_error_offset sqlite3_errstr sqlite3_exec sqlite3_expanded_sql sqlite3_extended_errcode "
    "sqlite3_file_control sqlite3_finalize sqlite3_free sqlite3_last_insert_rowid sqlite3_prepare_v2 "
    "sqlite3_prepare_v3 sqlite3_reset sqlite3_sql sqlite3_step sqlite3_trace sqlite3_trace_v2",

    /* Archives, once one is open; and what is written of one. */
    "archive_entry_copy_hardlink archive_entry_copy_pathname archive_entry_filetype archive_entry_free "
    "archive_entry_hardlink archive_entry_mode archive_entry_mtime archive_entry_new archive_entry_pathname "
    "archive_entry_set_filetype archive_entry_set_mode archive_entry_set_size archive_entry_size "
    "archive_entry_symlink archive_error_string archive_filter_code archive_filter_count archive_filter_name "
    "archive_format archive_read_close archive_read_data archive_read_extract archive_read_free archive_read_new "
    "archive_read_next_header archive_read_open archive_read_open1 archive_read_open2 archive_read_set_option "
    "archive_read_support_filter_all archive_read_support_filter_by_code archive_read_support_format_all "
    "archive_read_support_format_empty archive_read_support_format_raw archive_read_support_format_tar "
    "archive_read_support_format_zip archive_set_error archive_write_add_filter_by_name "
    "archive_write_add_filter_bzip2 archive_write_add_filter_compress archive_write_add_filter_grzip "
    "archive_write_add_filter_gzip archive_write_add_filter_lrzip archive_write_add_filter_lz4 "
    "archive_write_add_filter_lzip archive_write_add_filter_lzma archive_write_add_filter_lzop "
    "archive_write_add_filter_xz archive_write_add_filter_zstd archive_write_close archive_write_data "
    "archive_write_free archive_write_header archive_write_new archive_write_open archive_write_open2 "
    "archive_write_set_bytes_in_last_block archive_write_set_bytes_per_block archive_write_set_filter_option "
    "archive_write_set_format_raw",

    /* Downloads, but for the functions that begin one. */
    "curl_easy_cleanup curl_easy_getinfo curl_easy_init curl_easy_pause curl_easy_reset curl_easy_setopt "
    "curl_easy_strerror curl_getdate curl_global_init curl_multi_cleanup curl_multi_info_read curl_multi_init "
    "curl_multi_perform curl_multi_poll curl_multi_remove_handle curl_multi_setopt curl_multi_strerror "
    "curl_multi_wait curl_multi_wakeup curl_slist_append curl_slist_free_all curl_url curl_url_cleanup curl_url_get "
    "curl_url_set curl_version_info",

    /* libgit2, once a repository, a database or a configuration is open. */
    "git_attr_get git_attr_get_ext git_attr_value git_blob_create_from_buffer git_blob_create_from_stream "
    "git_blob_create_from_stream_commit git_blob_free git_blob_is_binary git_blob_lookup git_blob_rawcontent "
    "git_blob_rawsize git_branch_name_is_valid git_buf_dispose git_commit_free git_commit_id git_commit_parent "
    "git_commit_parent_id git_commit_parentcount git_commit_time git_commit_tree git_config_entry_free "
    "git_config_free git_config_get_entry git_config_iterator_free git_config_iterator_glob_new "
    "git_config_iterator_new git_config_next git_error_last git_indexer_append git_indexer_commit git_indexer_free "
    "git_indexer_new git_libgit2_init git_libgit2_opts git_libgit2_shutdown git_mempack_dump git_mempack_new "
    "git_mempack_reset git_mempack_write_thin_pack git_object_dup git_object_free git_object_id git_object_lookup "
    "git_object_peel git_object_type git_odb_add_backend git_odb_backend_pack git_odb_free git_odb_new "
    "git_odb_write_pack git_oid_cmp git_oid_cpy git_oid_equal git_oid_fromstr git_oid_tostr git_oid_tostr_s "
    "git_packbuilder_free git_packbuilder_new git_packbuilder_set_callbacks git_packbuilder_set_threads "
    "git_packbuilder_write_buf git_reference_free git_reference_lookup git_reference_name_is_valid "
    "git_reference_name_to_id git_reference_symbolic_target git_reference_target git_remote_create git_remote_free "
    "git_remote_lookup git_remote_set_url git_remote_url git_repository_config git_repository_free "
    "git_repository_is_shallow git_repository_odb git_repository_path git_repository_set_odb git_revparse_single "
    "git_status_foreach_ext git_submodule_foreach git_submodule_resolve_url git_tag_name_is_valid "
    "git_tree_entry_byindex git_tree_entry_byname git_tree_entry_dup git_tree_entry_filemode git_tree_entry_free "
    "git_tree_entry_id git_tree_entry_name git_tree_entry_to_object git_tree_entry_type git_tree_entrycount "
    "git_tree_free git_treebuilder_free git_treebuilder_get git_treebuilder_insert git_treebuilder_new "
    "git_treebuilder_write",
};

/* clang-format on */

enum { MOST_NAMES = 2048 };

static struct hsearch_data known;
static bool complete;

static bool enter(char * names)
{
    char * rest = NULL;
    ENTRY * entered;
    for (char * name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        if (!hsearch_r((ENTRY){.key = name}, ENTER, &entered, &known)) return false;
    return true;
}

static void enter_all(void)
{
    complete = hcreate_r(MOST_NAMES, &known) != 0;
    for (size_t i = 0; complete && i < sizeof(groups) / sizeof(*groups); ++i) {
        char * names = strdup(groups[i]); /* as long as the process lives: the table points into it */
        complete = names && enter(names);
    }
}

bool hmeval_is_harmless(const char * name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    ENTRY * found;
    pthread_once(&once, enter_all);
    return complete && hsearch_r((ENTRY){.key = (char *)name}, FIND, &found, &known);
}

#endif
