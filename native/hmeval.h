/* The boundary between Python and the Nix evaluator.
 *
 * Everything here is called on the thread that entered the session (hmeval_session_open), except where it says "any
 * thread". Every function that can fail returns a status, and leaves what went wrong in hmeval_session_error.
 *
 * Ownership: a `nix_value **result` receives an owned reference, which its receiver gives back with
 * hmeval_value_release. Pointers to text are borrowed, and say for how long. */
#ifndef HMEVAL_H
#define HMEVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands between the two marks is read by CFFI as well. */
/* cffi: begin */

typedef enum {
    HMEVAL_OK = 0,
    HMEVAL_FAILED = 1,      /* the evaluation, or the engine, failed */
    HMEVAL_ABSENT = 2,      /* there is no such attribute or element */
    HMEVAL_INTERRUPTED = 3, /* hmeval_session_interrupt was called */
    HMEVAL_STOPPED = 4,     /* the sink did not want any more */
    HMEVAL_NO_MEMORY = 5,
} hmeval_status;

typedef enum {
    HMEVAL_TYPE_THUNK,
    HMEVAL_TYPE_INT,
    HMEVAL_TYPE_FLOAT,
    HMEVAL_TYPE_BOOL,
    HMEVAL_TYPE_STRING,
    HMEVAL_TYPE_PATH,
    HMEVAL_TYPE_NULL,
    HMEVAL_TYPE_SET,
    HMEVAL_TYPE_LIST,
    HMEVAL_TYPE_LAMBDA,
    HMEVAL_TYPE_EXTERNAL,
} hmeval_type;

/* MessagePack extension types that hmeval_write_value uses. */
enum {
    HMEVAL_EXT_PATH = 1,       /* the path's text */
    HMEVAL_EXT_DERIVATION = 2, /* MessagePack: [name, outPath, drvPath or nil] */
    HMEVAL_EXT_FUNCTION = 3,   /* nothing: a function, a builtin or an external value */
    HMEVAL_EXT_FAILURE = 4,    /* MessagePack: which one of the failures that stand beside the value */
};

/* What hmeval_write_options writes beside the documentation of each option. */
enum {
    HMEVAL_OPTIONS_HIDDEN = 1,  /* hidden and internal options too */
    HMEVAL_OPTIONS_STATE = 2,   /* is_defined and priority */
    HMEVAL_OPTIONS_VALUES = 4,  /* value and definitions */
    HMEVAL_OPTIONS_DETAILS = 8, /* positions of the declarations, and the type's structure */
    HMEVAL_OPTIONS_ALONE = 16,  /* the value handed over is one option; its sub-options are left out */
    /* Few options are asked for: a value may take longer, and the store paths of packages are evaluated, which takes all
     * that these are made of. */
    HMEVAL_OPTIONS_FEW = 32,
};

typedef struct hmeval_session hmeval_session;
typedef struct nix_value nix_value;

/* What went wrong last. The texts belong to the session, and hold until its next call. */
typedef struct {
    const char * class_name; /* Nix's class, as in nix::ThrownError; empty where it is not Nix that failed */
    const char * message;    /* may hold colour codes */
    const char * report;     /* as Nix prints it: message, positions, trace */
} hmeval_error;

/* Receives what is written, piece by piece; `options` counts the options written so far. Not zero: stop. The bytes
 * are borrowed for the time of the call. */
typedef int (*hmeval_sink)(void * reader, const uint8_t * bytes, size_t size, size_t options);

/* How hmeval_engine_start starts the engine. */
enum {
    HMEVAL_OWN_CONFIGURATION = 1, /* read no configuration file: `settings` are all that is set */
    HMEVAL_RESTRICTED = 2,        /* restrict-eval is among the settings: close what it lets through */
};

/* Start the engine, once in a process: any thread, one at a time. `settings` are name, value, name, value, …, NULL.
 * On failure `*message` is a text that stays valid. */
hmeval_status hmeval_engine_start(const char ** settings, unsigned flags, const char ** message);

/* Which Nix this is, as in 2.8.0, and which way it is reached: "c-api" or "compat". Any thread. */
const char * hmeval_engine_version(void);
const char * hmeval_engine_interface(void);
/* What this engine can do that others cannot, NULL-terminated: "flakes" (builtins.getFlake), "interrupts" (a running
 * evaluation can be ended), "read-only" (evaluating writes nothing into the store), "traces" (hmeval_write_inputs).
 * Any thread. */
const char * const * hmeval_engine_capabilities(void);

/* Enter the calling thread into the collector's books, open the store `store_uri` (NULL: the system's) and make an
 * evaluation state that finds <names> in `lookup_path` (NULL-terminated) first. The session belongs to this thread
 * until hmeval_session_close, which also releases the thread. A session is made even where opening fails, so that it
 * can say why; NULL means that there is no memory. */
hmeval_session * hmeval_session_open(const char * store_uri, const char ** lookup_path, hmeval_status * status);
void hmeval_session_close(hmeval_session * session);

const hmeval_error * hmeval_session_error(const hmeval_session * session);

/* End the evaluation that runs in `session`, and every later one until this is called with false. Any thread. */
void hmeval_session_interrupt(hmeval_session * session, bool interrupt);

/* Run the garbage collector now. */
void hmeval_collect(void);

/* Evaluate `expression`; relative paths in it are relative to the folder `base`. */
hmeval_status hmeval_evaluate(
    hmeval_session * session, const char * expression, const char * base, nix_value ** result);
hmeval_status hmeval_call(hmeval_session * session, nix_value * function, nix_value * argument, nix_value ** result);
void hmeval_value_release(hmeval_session * session, nix_value * value);

/* A value that one of these functions returned is evaluated to its outermost type. */
hmeval_type hmeval_value_type(hmeval_session * session, nix_value * value);
/* The number of attributes or elements; 0 for what has none. */
size_t hmeval_value_size(hmeval_session * session, nix_value * value);
hmeval_status hmeval_value_attribute(hmeval_session * session, nix_value * set, const char * name, nix_value ** result);
hmeval_status hmeval_value_element(hmeval_session * session, nix_value * list, size_t index, nix_value ** result);
hmeval_status hmeval_value_string(hmeval_session * session, const char * text, nix_value ** result);

/* Write to `sink`, as MessagePack: the names of a set's attributes, in order; a whole value, evaluated throughout, as
 * Nix's JSON has it but for paths, derivations and functions, which are extensions; a string that holds the value as
 * Nix text, as lib.generators.toPretty writes it. */
hmeval_status hmeval_write_names(hmeval_session * session, nix_value * set, hmeval_sink sink, void * reader);
hmeval_status hmeval_write_value(hmeval_session * session, nix_value * value, hmeval_sink sink, void * reader);
hmeval_status hmeval_write_text(hmeval_session * session, nix_value * value, hmeval_sink sink, void * reader);
/* The same of a value of which parts cannot be evaluated: [value, failures]. In the place of each is an extension, in text
 * «error: the first line of its message»; the failures are [path, class, message, report], in order, with names of
 * attributes and numbers of elements for a path. An error of the value itself, and the end of the stack, fail. */
hmeval_status hmeval_write_value_with_failures(
    hmeval_session * session, nix_value * value, hmeval_sink sink, void * reader);
hmeval_status hmeval_write_text_with_failures(
    hmeval_session * session, nix_value * value, hmeval_sink sink, void * reader);

/* Write the options below `options` to `sink`: one MessagePack map for each, in the order and with the meaning of
 * lib.options.optionAttrSetToDocList (nixpkgs, lib/options.nix), and what `flags` (HMEVAL_OPTIONS_…) ask for. State and
 * values are those of the configuration: sub-options of a type, which stand for any instance, have none. What
 * cannot be evaluated costs its own field: the map's `errors` has [class, message, report] for it. */
hmeval_status hmeval_write_options(
    hmeval_session * session, nix_value * options, unsigned flags, hmeval_sink sink, void * reader);

/* For a worker: a process that evaluates for another one, its client, and ends with it. Call this once the engine is
 * started; and on the session's thread hmeval_contain_overflow, after which the end of that thread's stack ends the
 * process with its own exit code, whatever code runs into it. */
enum { HMEVAL_EXIT_STACK_OVERFLOW = 86 };
void hmeval_serve(int client);
void hmeval_contain_overflow(void);

/* Write to `sink`, as MessagePack, what evaluations in the session depend on: the list of the engine's own libraries, and
 * of everything that was read so far, each as [kind, name, lstat, stat, value]; nil in place of the latter where this
 * engine cannot tell ("traces" is no capability of it). `lstat` and `stat` are what they gave before the path was read
 * for the first time, as [mode, size, mtime, ctime, inode, device], or nil. Kinds:
 *
 *   exists, type, listing, file, resolved   asked of a path: whether it is there, its type and a link's target, its
 *                                           names, its contents, its path without links
 *   target                                  the type and the permissions of what is there, beyond links
 *   copied, dated                           copied into the store, as is all below it; `dated`: time stamps count
 *   git                                     a Git work tree, fetched as Git has it
 *   variable                                of the environment; its value, or nil
 *   incomplete                              why this list need not hold everything that was read, as a sentence
 *   uncacheable                             why the result may differ the next time, as a sentence */
hmeval_status hmeval_write_inputs(hmeval_session * session, hmeval_sink sink, void * reader);

/* What the session has read so far in a folder, which is gone, is none of its inputs. On its own thread. */
void hmeval_session_forget_inputs(hmeval_session * session, const char * folder);

/* cffi: end */

/* From here on: what the C files share, and nobody else. */

#ifdef HMEVAL_INTERNAL

#  include <sys/stat.h>

#  include <nix_api_expr.h>
#  include <nix_api_store.h>
#  include <nix_api_util.h>
#  include <nix_api_value.h>

/* Further statuses, which never leave the C files. */
#  define HMEVAL_NOT_PLAIN 6 /* the value holds a path, a derivation or a function */
#  define HMEVAL_TOO_LARGE 7 /* the buffer's limit is reached */

/* MessagePack, or text, as it grows. Running out of memory is remembered, and told by hmeval_buffer_status. */
typedef struct {
    uint8_t * bytes;
    size_t size, capacity;
    size_t limit; /* 0: none */
    bool no_memory;
} hmeval_buffer;

typedef enum {
    HMEVAL_TO_JSON,
    HMEVAL_FUNCTION_ARGS,
    HMEVAL_CALL_FUNCTOR,
    HMEVAL_PRETTY,
    HMEVAL_DERIVATION_NAME,
    HMEVAL_FROM_JSON,
    HMEVAL_SAME_TYPE,
    HMEVAL_BUILTIN_COUNT
} hmeval_builtin;

/* A symbol by the linker's name: one that only some versions of Nix have, or that is C++. */
#  define HMEVAL_STRING_(text) #text
#  define HMEVAL_STRING(text) HMEVAL_STRING_(text)
#  define HMEVAL_SYMBOL(name) __asm__(HMEVAL_STRING(__USER_LABEL_PREFIX__) name)

/* What is in hmeval_session.interrupted. */
enum { HMEVAL_INTERRUPT_NONE, HMEVAL_INTERRUPT_WANTED, HMEVAL_INTERRUPT_THROWN };

struct hmeval_session {
    nix_c_context * context;
    nix_eval_state_builder * builder; /* holds what the state refers to */
    EvalState * state;
    nix_value * builtins[HMEVAL_BUILTIN_COUNT];
    char * error_texts[3]; /* class name, message, report: owned */
    hmeval_error error;
    int interrupted; /* atomic: written by any thread */
    double until;    /* the thread's processor time at which what is left of a value is cut; 0: never */
    bool cut;        /* whether something was */
};

/* error.c */

/* Turn the outcome of the last call of Nix's API into a status, and keep what it says. */
hmeval_status hmeval_check(hmeval_session * session);
hmeval_status hmeval_fail(hmeval_session * session, const char * class_name, const char * message);

/* engine.c */

/* Enter the calling thread into the collector's books. False: it already is there, and must not be taken out. */
bool hmeval_thread_register(void);
void hmeval_thread_unregister(void);
/* NULL and a failed session where the store cannot be opened. A store is opened once and stays open. */
Store * hmeval_store(hmeval_session * session, const char * uri);

/* flakes.c */

bool hmeval_flakes_available(void);
/* Register builtins.getFlake: once, and then for each state, where it was registered once. */
nix_err hmeval_flakes_start(nix_c_context * context);
nix_err hmeval_flakes_add(nix_c_context * context, nix_eval_state_builder * builder);

/* interrupt.c, not_linux.c; in the compatibility library for Nix 2.8 */

bool hmeval_interrupts_available(void);
/* From here on, evaluations on this thread end with nix::Interrupted once *flag is HMEVAL_INTERRUPT_WANTED; NULL: no
 * more. */
void hmeval_watch_interrupt(int * flag);
/* Whether the last evaluation on this thread failed because it had no stack left; asking forgets it. */
bool hmeval_stack_was_exhausted(void);

/* interpose.c, not_linux.c; in the compatibility library for Nix 2.8 */

/* From here on, restricted evaluation has no file:// URIs, and no URIs in search paths. */
void hmeval_restrict(void);
/* Around a call of nix_get_*_by*: a reference that it took although it failed is given back. */
void hmeval_getter_begins(void);
void hmeval_getter_failed(void);

/* contain.c: the lowest address of this thread's stack, or NULL. */
const char * hmeval_lowest_of_stack(void);

/* value.c */

/* As hmeval_value_attribute; a set is not asked for. */
hmeval_status hmeval_get(hmeval_session * session, nix_value * value, const char * name, nix_value ** result);
/* Whether `value` is a set with such an attribute, which is not evaluated. */
bool hmeval_has(hmeval_session * session, nix_value * value, const char * name);
/* Whether `value` is a string that equals `text`. */
bool hmeval_string_is(hmeval_session * session, nix_value * value, const char * text);
hmeval_status hmeval_call_builtin(
    hmeval_session * session, hmeval_builtin builtin, nix_value * argument, nix_value ** result);

/* A set's attributes in the order of their names, as bytes. `names` are borrowed from Nix, which keeps them. */
typedef struct {
    const char * name;
    unsigned index;
} hmeval_attribute;
hmeval_status hmeval_sorted_attributes(
    hmeval_session * session, nix_value * set, hmeval_attribute ** attributes, size_t * count);
hmeval_status hmeval_attribute_value(
    hmeval_session * session, nix_value * set, hmeval_attribute attribute, nix_value ** result);

/* trace.c, not_linux.c; compat/nix-2.8/trace.cc */

/* Why something that is read may escape the trace, whatever is evaluated, as a sentence; NULL: it does not. The engine or
 * this extension imports a function of which nobody has said what it reads. */
const char * hmeval_unknown_import(void);
/* Once, with the engine. */
void hmeval_trace_start(void);

/* $HOME as it was when Nix was started: `~` stands for that as long as the process lives. NULL: there was none. */
const char * hmeval_home_at_start(void);

/* Why nothing can be said of what `~` stood for; NULL where it is what it was when Nix was started. */
const char * hmeval_other_home(void);
/* What is read on this thread from now on is kept, until the end. */
void hmeval_trace_begin(void);
/* The same of a state's builtins. */
void hmeval_trace_state(hmeval_session * session);
void hmeval_trace_end(void);
/* Nothing in this folder counts as read. */
void hmeval_trace_forget(const char * folder);
/* The list that hmeval_write_inputs is about, or nil. */
void hmeval_pack_inputs(hmeval_buffer * buffer);

/* The kinds of its entries by number; each may stand with others. */
enum {
    HMEVAL_READ_TYPE = 1 << 0,
    HMEVAL_READ_TARGET = 1 << 1,
    HMEVAL_READ_FILE_CONTENTS = 1 << 2,
    HMEVAL_READ_LISTING = 1 << 3,
    HMEVAL_READ_COPIED = 1 << 4,
    HMEVAL_READ_RESOLVED = 1 << 5,
    HMEVAL_VARIABLE = 1 << 6,
    HMEVAL_INCOMPLETE = 1 << 7,
    HMEVAL_UNCACHEABLE = 1 << 8,
};

/* Note that a path is about to be read, as these kinds say; that it is opened, and has been, as `descriptor`; a variable;
 * why the rest is not known. `folder` is what the path begins in, as for openat(2). */
void hmeval_note_path(unsigned kinds, int folder, const char * path);
void hmeval_note_open(int folder, const char * path, int flags);
void hmeval_note_opened(int descriptor, int folder, const char * path, int flags);
void hmeval_note_variable(const char * name, const char * value);
void hmeval_note_incomplete(const char * reason);

/* traced_calls.c: have what Nix's libraries read noted from now on. False: some of it would not be. */
bool hmeval_follow_calls(void);

/* write.c: one of its entries. */
void hmeval_pack_input(
    hmeval_buffer * buffer, const char * kind, const char * name, const struct stat * link, const struct stat * target,
    const char * value);

/* imports.c; on Linux alone */

/* A walk through what the engine's libraries, and this extension, import. */
typedef struct {
    /* Whether an import is known, by its name without the marks of variants; `*function`, if it is set, takes its place
     * where calls are redirected. What another library of the engine provides need not be known. */
    bool (*find)(const char * name, void ** function);
    const char * only; /* how the names of the libraries begin that are visited beside the extension; NULL: all */
    bool redirect;
    bool failed;       /* something was not redirected */
    char unknown[256]; /* which import is not known, as a sentence; empty: none */
} hmeval_imports;

void hmeval_visit_imports(hmeval_imports * imports);

/* harmless_calls.c: whether a function, by its plain name, tells an evaluation nothing that is not traced. */
bool hmeval_is_harmless(const char * name);

/* buffer.c */
void hmeval_buffer_free(hmeval_buffer * buffer);
hmeval_status hmeval_buffer_status(const hmeval_buffer * buffer);
void hmeval_append(hmeval_buffer * buffer, const void * bytes, size_t size);
void hmeval_append_text(hmeval_buffer * buffer, const char * text);
void hmeval_append_string(hmeval_session * session, hmeval_buffer * buffer, nix_value * string);
void hmeval_pack_nil(hmeval_buffer * buffer);
void hmeval_pack_bool(hmeval_buffer * buffer, bool value);
void hmeval_pack_int(hmeval_buffer * buffer, int64_t value);
void hmeval_pack_double(hmeval_buffer * buffer, double value);
void hmeval_pack_bytes(hmeval_buffer * buffer, const void * bytes, size_t size);
void hmeval_pack_text(hmeval_buffer * buffer, const char * text);
void hmeval_pack_string(hmeval_session * session, hmeval_buffer * buffer, nix_value * string);
void hmeval_pack_array(hmeval_buffer * buffer, size_t count);
void hmeval_pack_map(hmeval_buffer * buffer, size_t count);
void hmeval_pack_extension(hmeval_buffer * buffer, int type, const void * bytes, size_t size);
/* What has a number of entries that is known only afterwards: returns where it is to be written. */
size_t hmeval_pack_open_map(hmeval_buffer * buffer);
size_t hmeval_pack_open_array(hmeval_buffer * buffer);
void hmeval_pack_close(hmeval_buffer * buffer, size_t place, size_t count);

/* failures.c */

/* Where a value's part is in it: an attribute of what is above, or an element; NULL: the value itself. */
typedef struct hmeval_part {
    const struct hmeval_part * above;
    const char * name; /* NULL: an element */
    size_t index;
} hmeval_part;

/* The parts of a value that cannot be evaluated. */
typedef struct {
    hmeval_buffer list; /* [path, class, message, report] of each */
    size_t count;
    size_t most; /* one more is HMEVAL_TOO_LARGE; 0: any number */
} hmeval_failures;

void hmeval_failures_free(hmeval_failures * failures);
/* Add the last error to the failures, that of the part `at`. HMEVAL_FAILED where there are none to add to, and for an
 * error that ends the whole value. */
hmeval_status hmeval_keep_failure(hmeval_session * session, hmeval_failures * failures, const hmeval_part * at);
void hmeval_pack_failures(hmeval_buffer * buffer, const hmeval_failures * failures);
/* The last error, as it stands in Nix text. */
void hmeval_append_failure(hmeval_session * session, hmeval_buffer * text);

/* time_limit.c */

/* What is left of values after so many seconds is cut; 0: nothing is. */
void hmeval_limit_time(hmeval_session * session, double seconds);
/* Whether that time is over: what comes next is left out, and the session knows it (`cut`). */
bool hmeval_is_late(hmeval_session * session);
/* Around a part of a value, `at`. Right below the value it may take half of the time that is left: one that takes long
 * leaves some to those after it. */
double hmeval_begin_part(hmeval_session * session, const hmeval_part * at);
void hmeval_end_part(hmeval_session * session, double until);

/* option_value.c: what a set is that is shown by that alone, as the value of an option or in it: nixpkgs' packages, say, of
 * which there is no end; NULL: it is shown as it is. */
const char * hmeval_known_set(hmeval_session * session, nix_value * set);

/* pack_value.c: `plain` refuses what JSON has no form for (HMEVAL_NOT_PLAIN). Parts that fail go to `failures`; where that
 * is NULL, they fail as a whole. */
hmeval_status hmeval_pack_value(
    hmeval_session * session, hmeval_buffer * buffer, nix_value * value, bool plain, hmeval_failures * failures);

/* render.c: append the value as Nix text (lib.generators.toPretty, multiline, pretty values allowed). */
hmeval_status hmeval_render(
    hmeval_session * session, hmeval_buffer * text, nix_value * value, hmeval_failures * failures);
/* Append a name as it stands in an attribute path: bare where it is an identifier, else quoted. */
hmeval_status hmeval_render_name(hmeval_session * session, hmeval_buffer * text, const char * name);

/* option_tree.c: a walk over options. */
typedef struct {
    hmeval_session * session;
    hmeval_buffer * buffer; /* complete options, and the one that is being written */
    hmeval_buffer errors;   /* of the option that is being written: [class, message, report] by field */
    size_t error_count, field_count, option_count;
    unsigned flags;
    hmeval_sink sink;
    void * reader;
    bool is_raw;             /* the value of the option that is being written is not to be looked into */
    nix_value * sub_options; /* of the option that is being written; NULL: none, or not asked for */
    int depth;               /* of sub-options within sub-options */
    int set_depth;           /* of sets within sets */
    size_t type_count;       /* of types in the one that is being described */
} hmeval_walker;

/* option_fields.c */

/* Statuses that cost one field; every other ends the walk. */
bool hmeval_costs_a_field(hmeval_status status);
void hmeval_keep_field_error(hmeval_walker * walker, const char * field);
hmeval_status hmeval_write_option_fields(hmeval_walker * walker, nix_value * option, bool visible);
/* lib.options.showOption, of a whole loc and of one part. */
hmeval_status hmeval_append_option_name(hmeval_walker * walker, hmeval_buffer * name, nix_value * loc);
hmeval_status hmeval_append_option_part(hmeval_walker * walker, hmeval_buffer * name, const char * part);

/* option_value.c */

/* { json = …; } or { nix = …; }. What fails of a package is kept as an error of the option. */
hmeval_status hmeval_pack_shown_value(hmeval_walker * walker, nix_value * value);
/* Whether the option's type promises that its attributes are not evaluated. */
bool hmeval_is_raw(hmeval_walker * walker, nix_value * option);

/* type_info.c: write the structure of an option's type. What fails of it is kept as an error of the option. */
hmeval_status hmeval_write_type(hmeval_walker * walker, nix_value * type);

/* The type that is being described, and those that contain it. */
typedef struct hmeval_type_node {
    const struct hmeval_type_node * above;
    nix_value *type, *nested, *functor, *payload; /* NULL: absent */
    const char * name;
} hmeval_type_node;

/* type_values.c: parts of a type's structure; HMEVAL_ABSENT for a type that has no such part. */
hmeval_status hmeval_write_type_description(hmeval_walker * walker, const hmeval_type_node * at);
hmeval_status hmeval_write_members(hmeval_walker * walker, const hmeval_type_node * at);
hmeval_status hmeval_write_bounds(hmeval_walker * walker, const hmeval_type_node * at);
hmeval_status hmeval_write_pattern(hmeval_walker * walker, const hmeval_type_node * at);
hmeval_status hmeval_write_separator(hmeval_walker * walker, const hmeval_type_node * at);
hmeval_status hmeval_write_absolute(hmeval_walker * walker, const hmeval_type_node * at);
hmeval_status hmeval_write_in_store(hmeval_walker * walker, const hmeval_type_node * at);
hmeval_status hmeval_write_placeholder(hmeval_walker * walker, const hmeval_type_node * at);
/* As hmeval_get, of a set that may be NULL; HMEVAL_ABSENT for what is null. */
hmeval_status hmeval_get_present(hmeval_walker * walker, nix_value * set, const char * name, nix_value ** result);

#endif
#endif
