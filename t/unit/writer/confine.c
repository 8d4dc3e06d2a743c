/* Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file
 * except in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the
 * License is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND,
 * either express or implied. See the License for the specific language governing permissions
 * and limitations under the License.
 */

/* Confinement, from inside: each question is put by a child that confines itself first. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "writer/confine.h"
#include "writer/confine_internal.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { KILLED = 1000 }; /* + the signal */

static char root[] = "/tmp/t2mlog-confine-XXXXXX";
static t2m_settings_t settings;
static t2m_confine_t what = { &settings, 1 };
static const char *notice; /* of the confinement, in the child */
static t2m_level_e level;

static const char *at(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
    return path;
}

static void put(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) != 0) {
        perror(path);
        exit(1);
    }
    (void)close(fd);
}

static void make(const char *path, mode_t mode)
{
    if (mkdir(path, mode) != 0 || chmod(path, mode) != 0) {
        perror(path);
        exit(1);
    }
}

static void child(int (*question)(void), const int confined_fds[2], const int harmed_fds[2])
{
    char byte = 0;

    t2m_confine_bound(what.on);
    notice = t2m_confine(&what, &level);
    (void)!write(confined_fds[1], &byte, 1);
    (void)!read(harmed_fds[0], &byte, 1);
    _exit(question());
}

/* What the question answers in a confined child: 0 it could, an errno, or KILLED + a signal. Harm
 * is done after the child was confined and before it is asked. */
static int confined_while(int (*question)(void), void (*harm)(void))
{
    int confined_fds[2], harmed_fds[2], status;
    char byte = 0;
    pid_t pid;

    if (pipe(confined_fds) != 0 || pipe(harmed_fds) != 0) {
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        child(question, confined_fds, harmed_fds);
    }
    (void)close(confined_fds[1]); /* a child that ends early is noticed */
    (void)!read(confined_fds[0], &byte, 1);
    if (harm) {
        harm();
    }
    (void)!write(harmed_fds[1], &byte, 1);
    (void)waitpid(pid, &status, 0);
    (void)close(confined_fds[0]);
    (void)close(harmed_fds[0]);
    (void)close(harmed_fds[1]);
    return WIFSIGNALED(status) ? KILLED + WTERMSIG(status) : WEXITSTATUS(status);
}

static int confined(int (*question)(void))
{
    return confined_while(question, NULL);
}

static int result(long value)
{
    return value < 0 ? errno : 0;
}

static int as_root(void)
{
    return geteuid() == 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

static int opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0640);

    return result(fd);
}

static int makes_log(void) { return opens(at("logs/t2mlog/new.log"), O_RDWR | O_CREAT | O_EXCL); }
static int reads_log(void) { return opens(at("logs/t2mlog/access.log"), O_RDONLY); }
static int reads_other_vhost(void) { return opens(at("vhost/access.log"), O_RDWR | O_APPEND); }
static int reads_token(void) { return opens(at("tokens"), O_RDONLY); }
static int writes_token(void) { return opens(at("tokens"), O_WRONLY); }
static int reads_beside_token(void) { return opens(at("secret"), O_RDONLY); }
static int writes_parent(void) { return opens(at("logs/error.log"), O_WRONLY | O_APPEND); }
static int makes_in_parent(void) { return opens(at("logs/x"), O_WRONLY | O_CREAT); }
static int reads_group(void) { return opens("/etc/group", O_RDONLY); }
static int reads_shadow(void) { return opens("/etc/shadow", O_RDONLY); }
static int reads_passwd(void) { return opens("/etc/passwd", O_RDONLY); }
static int writes_passwd(void) { return opens("/etc/passwd", O_WRONLY); }
static int reads_stat(void) { return opens("/proc/1/stat", O_RDONLY); }
static int opens_null(void) { return opens("/dev/null", O_RDWR); }
static int opens_terminal(void) { return opens("/dev/ptmx", O_RDWR); }
static int lists_logs(void) { return opens(at("logs/t2mlog"), O_RDONLY | O_DIRECTORY); }
static int lists_root(void) { return opens("/", O_RDONLY | O_DIRECTORY); }
static int makes_directory(void) { return result(mkdir(at("logs/t2mlog/d"), 0750)); }
static int makes_symlink(void) { return result(symlink("/etc/shadow", at("logs/t2mlog/s"))); }

static int renames(void)
{
    return result(rename(at("logs/t2mlog/access.log"), at("logs/t2mlog/access.log.1")))
        || result(link(at("logs/t2mlog/access.log.1"), at("logs/t2mlog/access.log")))
        || result(unlink(at("logs/t2mlog/access.log.1")));
}

static int truncates(void)
{
    int fd = open(at("logs/t2mlog/access.log"), O_RDWR);

    return result(ftruncate(fd, 0)) || result(fsync(fd)) || result(fdatasync(fd));
}

static int moves_out(void)
{
    return result(rename(at("logs/t2mlog/access.log"), at("logs/access.log")));
}

static int listens(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int directory = open(at("logs/t2mlog"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/t.sock",
                   directory);
    return result(bind(fd, (struct sockaddr *)&address, sizeof(address)))
        || result(fchmodat(directory, "t.sock", 0600, 0)) || result(listen(fd, 1))
        || result(unlinkat(directory, "t.sock", 0));
}

static void test_files(void)
{
    is_number(confined(makes_log), 0, "a file is made beside the logs");
    is_number(confined(reads_log), 0, "a log is read");
    is_number(confined(reads_other_vhost), 0, "and one in another directory");
    is_number(confined(truncates), 0, "cut back and synchronised");
    is_number(confined(lists_logs), 0, "the directory is listed");
    is_number(confined(renames), 0, "files are renamed, linked and removed");
    is_number(confined(listens), 0, "the control socket is made");
    is_number(confined(reads_token), 0, "the token file is read");
    is_number(confined(reads_passwd), 0, "the names of users are read");
    is_number(confined(reads_stat), 0, "/proc/PID/stat is read");
    is_number(confined(opens_null), 0, "/dev/null is opened");

    is_number(confined(writes_token), EACCES, "but not written");
    is_number(confined(writes_passwd), EACCES, "nor are the names of users");
    is_number(confined(reads_beside_token), EACCES, "nor read what is beside it");
    is_number(confined(writes_parent), EACCES, "httpd's own log is out of reach");
    is_number(confined(makes_in_parent), EACCES, "and its directory");
    is_number(confined(moves_out), EACCES, "nothing is moved there");
    is_number(confined(reads_group), EACCES, "/etc/group is out of reach");
    is_number(confined(reads_shadow), EACCES, "and /etc/shadow");
    is_number(confined(lists_root), EACCES, "and /");
    is_number(confined(opens_terminal), EACCES, "and devices");
    ok(confined(makes_directory) != 0, "no directory is made");
    ok(confined(makes_symlink) != 0, "no symbolic link");
}

/* ---- privileges ------------------------------------------------------------------------------ */

/* Of /proc/self/status; -1 when it has no such field. */
static long long status_of(const char *field)
{
    char text[8192], *found;
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, text, sizeof(text) - 1);

    (void)close(fd);
    text[size > 0 ? size : 0] = '\0';
    found = strstr(text, field);
    return found ? strtoll(found + strlen(field), NULL, 16) : -1;
}

static int capabilities(void)
{
    return status_of("\nCapInh:\t") || status_of("\nCapPrm:\t") || status_of("\nCapEff:\t")
        || status_of("\nCapAmb:\t");
}

static int bounding_set(void) { return status_of("\nCapBnd:\t") != 0; }
static int no_new_privileges(void) { return status_of("\nNoNewPrivs:\t") != 1; }
static int filtered(void) { return status_of("\nSeccomp:\t") != 2; }
static int dumpable(void) { return prctl(PR_GET_DUMPABLE); }
static int takes_root(void) { return result(setuid(1)); }
static int overrides(void) { return opens(at("closed/access.log"), O_RDWR | O_CREAT); }
static int searches(void) { return opens(at("home/logs/access.log"), O_RDWR); }

static int core_limit(void)
{
    char text[4096], *found;
    int fd = open("/proc/self/limits", O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, text, sizeof(text) - 1);
    int soft = -1, hard = -1;

    text[size > 0 ? size : 0] = '\0';
    found = strstr(text, "Max core file size");
    return !found || sscanf(found + strlen("Max core file size"), "%d %d", &soft, &hard) != 2
        || soft != 0 || hard != 0;
}

static int says_nothing(void)
{
    return notice != NULL && (!SANITIZED || !strstr(notice, "without seccomp (")
                              || strstr(notice, ","));
}

static int group_is_given(void)
{
    struct stat information;
    int fd = open(at("logs/t2mlog/grouped.log"), O_RDWR | O_CREAT, 0640);

    return result(fchown(fd, (uid_t)-1, 4)) || fstat(fd, &information) != 0
        || information.st_gid != 4;
}

static void test_privileges(void)
{
    is_number(confined(says_nothing), 0, "all of it could be done");
    is_number(confined(capabilities), 0, "no capabilities are left");
    is_number(confined(bounding_set), as_root() ? 0 : 1, "nor can any come, which root sees to");
    is_number(confined(no_new_privileges), 0, "nor privileges");
    is_number(confined(dumpable), 0, "it cannot be traced by its own user");
    ok(confined(takes_root) != 0, "it cannot become another user");
    is_number(confined(core_limit), 0, "no core file is written");
}

/* A path below root, as the writer's only log. */
static void set_log(const char *directory, const char *file)
{
    memset(&settings, 0, sizeof(settings));
    (void)snprintf(settings.directory, sizeof(settings.directory), "%s", at(directory));
    (void)t2m_settings_add(&settings, T2M_STREAM_ACCESS, at(file));
}

static int keeps_override(void)
{
    return overrides() || !notice || !strstr(notice, "CAP_DAC_OVERRIDE")
        || level != T2M_LEVEL_WARNING || status_of("\nCapEff:\t") != 1 << 1;
}

static int keeps_override_for_file(void)
{
    return opens(at("logs/t2mlog/access.log"), O_RDWR) || !notice
        || !strstr(notice, "CAP_DAC_OVERRIDE");
}

static int keeps_search(void)
{
    return searches() || !notice || !strstr(notice, "CAP_DAC_READ_SEARCH")
        || status_of("\nCapEff:\t") != 1 << 2;
}

static int works_without(void)
{
    return opens(at("logs/t2mlog/access.log"), O_RDWR) || says_nothing();
}

static void test_kept(void)
{
    static t2m_settings_t before;

    if (!as_root()) {
        printf("# only root has anything to keep\n");
        return;
    }
    before = settings;
    set_log("closed", "closed/access.log");
    is_number(confined(keeps_override), 0, "a directory of somebody else keeps CAP_DAC_OVERRIDE");
    set_log("home/logs", "home/logs/access.log");
    is_number(confined(keeps_search), 0, "a closed one above keeps CAP_DAC_READ_SEARCH");
    settings = before;
    (void)chmod(at("logs/t2mlog/access.log"), 0440);
    is_number(confined(keeps_override_for_file), 0, "so does a file without the write bit");
    (void)chmod(at("logs/t2mlog/access.log"), 0640);
    is_number(confined(works_without), 0, "root's own directory needs none");
    (void)!chown(at("logs/t2mlog"), 0, 4);
    is_number(confined(group_is_given), 0, "a new file can have the directory's group");
    (void)!chown(at("logs/t2mlog"), 0, 0);
}

/* ---- system calls ---------------------------------------------------------------------------- */

static int executes(void)
{
    char *arguments[] = { (char[]){ "true" }, NULL };

    return result(execv("/bin/true", arguments));
}

static int traces(void) { return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }
static int mounts(void) { return result(mount("none", "/", "tmpfs", 0, NULL)); }
static int unshares(void) { return result(unshare(CLONE_NEWUSER)); }
static int opens_internet(void) { return result(socket(AF_INET, SOCK_STREAM, 0)); }
static int opens_netlink(void) { return result(socket(AF_NETLINK, SOCK_RAW, 0)); }
static int makes_process(void) { return result(fork()); }
static int asks_parent(void) { return result(kill(getppid(), 0)); }
static int signals_parent(void) { return result(kill(getppid(), SIGCONT)); }
static int signals_itself(void) { return kill(getpid(), SIGCONT) || raise(SIGCONT); }
static int is_dumpable_again(void) { return result(prctl(PR_SET_DUMPABLE, 1)); }
static int calls_unknown(void) { return result(syscall(2000)); }
static int calls_clone3(void) { return result(syscall(435, NULL, 0)); }
static int makes_memory_file(void) { return result(syscall(SYS_memfd_create, "x", 0)); }
static int types_for_others(void) { return result(ioctl(0, TIOCSTI, "x")); }
static int makes_user_socket(void) { return result(socket(AF_UNIX, SOCK_STREAM, 0)); }

static int connects(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/run/x" };

    return result(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address,
                          sizeof(address)));
}

static int maps(int protection)
{
    return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno
                                                                                         : 0;
}

static int maps_data(void) { return maps(PROT_READ | PROT_WRITE); }
static int maps_code(void) { return maps(PROT_READ | PROT_EXEC); }

static int makes_code(void)
{
    void *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return result(mprotect(data, 4096, PROT_READ | PROT_EXEC));
}

static void *answer(void *data)
{
    *(int *)data = open("/dev/null", O_RDWR) >= 0 && open("/etc/group", O_RDONLY) < 0;
    return NULL;
}

static int makes_thread(void)
{
    pthread_t thread;
    int answered = 0;
    int error = pthread_create(&thread, NULL, answer, &answered);

    return error ? error : pthread_join(thread, NULL) || !answered;
}

static int works_on(void)
{
    char *text = malloc(50000000);

    return !text || t2m_confine_outdated();
}

static void test_filter(void)
{
    is_number(confined(filtered), 0, "system calls are filtered");
    is_number(confined(executes), KILLED + SIGSYS, "a program cannot be started");
    is_number(confined(traces), KILLED + SIGSYS, "nor anything traced");
    is_number(confined(mounts), KILLED + SIGSYS, "nor mounted");
    is_number(confined(unshares), KILLED + SIGSYS, "nor a name space made");
    is_number(confined(makes_process), EPERM, "nor a process");
    is_number(confined(opens_internet), EPERM, "there is no network");
    is_number(confined(opens_netlink), EPERM, "of any kind");
    is_number(confined(connects), EPERM, "nothing is connected to");
    is_number(confined(maps_code), EPERM, "no code is mapped");
    is_number(confined(makes_code), EPERM, "or made of data");
    is_number(confined(signals_parent), EPERM, "nobody else is signalled");
    is_number(confined(is_dumpable_again), EPERM, "it stays untraceable");
    is_number(confined(types_for_others), EPERM, "nothing is typed for others");
    is_number(confined(makes_memory_file), EPERM, "what is not used is refused");
    is_number(confined(calls_unknown), ENOSYS, "what is newer is not there");
    is_number(confined(calls_clone3), ENOSYS, "nor what cannot be judged");

    is_number(confined(asks_parent), 0, "whether a process lives can be asked");
    is_number(confined(signals_itself), 0, "it can signal itself");
    is_number(confined(maps_data), 0, "map memory");
    is_number(confined(makes_thread), 0, "make a thread, which is confined, too");
    is_number(confined(makes_user_socket), 0, "make a local socket");
    is_number(confined(works_on), 0, "and allocate");
}

/* ---- what changes ---------------------------------------------------------------------------- */

static int reaches_all(void)
{
    return !t2m_confine_reaches(at("logs/t2mlog")) || !t2m_confine_reaches_system()
        || !t2m_confine_reaches_beside(at("logs/t2mlog/any.log"))
        || !t2m_confine_reaches(at("tokens")) || !t2m_confine_covers(&what)
        || t2m_confine_outdated();
}

static void replace_directory(void)
{
    (void)rename(at("logs/t2mlog"), at("logs/before"));
    make(at("logs/t2mlog"), 0750);
}

static void put_back(void)
{
    (void)rmdir(at("logs/t2mlog"));
    (void)rename(at("logs/before"), at("logs/t2mlog"));
}

static void take_directory(void)
{
    (void)rename(at("logs/t2mlog"), at("logs/before"));
}

static void replace_token(void)
{
    put(at("tokens.new"), "b", 0600);
    (void)rename(at("tokens.new"), at("tokens"));
}

static void make_missing(void)
{
    make(at("missing"), 0750);
}

/* 1: it notices, and says that it is outdated from then on. */
static int notices_directory(void)
{
    return !t2m_confine_outdated() && !t2m_confine_reaches_beside(at("logs/t2mlog/access.log"))
        && !t2m_confine_reaches(at("logs/t2mlog")) && t2m_confine_outdated()
        && opens(at("logs/t2mlog/access.log"), O_RDWR | O_CREAT) == EACCES
        && !t2m_confine_covers(&what);
}

static int notices_token(void)
{
    return !t2m_confine_reaches(at("tokens")) && t2m_confine_outdated();
}

static int notices_missing(void)
{
    return !t2m_confine_reaches(at("missing"));
}

static int covers_others(void)
{
    t2m_confine_t off = { &settings, 0 };
    static t2m_settings_t more;
    t2m_confine_t later = { &more, 1 };

    more = settings;
    (void)t2m_settings_add(&more, T2M_STREAM_APP, at("logs/t2mlog/talk2me.log"));
    (void)t2m_settings_add(&more, T2M_STREAM_SECURITY, "/dev/stdout");
    if (t2m_confine_covers(&off) || !t2m_confine_covers(&later)) {
        return 1;
    }
    (void)snprintf(more.token_file, sizeof(more.token_file), "%s", at("secret"));
    if (t2m_confine_covers(&later)) {
        return 2;
    }
    more.token_file[0] = '\0';
    (void)t2m_settings_add(&more, T2M_STREAM_ERRORS, at("logs/errors.log"));
    return t2m_confine_covers(&later) ? 3 : 0;
}

static int is_free(void)
{
    t2m_confine_t on = { &settings, 1 };

    return notice || status_of("\nNoNewPrivs:\t") == 1 || status_of("\nSeccomp:\t") == 2
        || opens("/etc/group", O_RDONLY) || !t2m_confine_reaches("/etc/group")
        || !t2m_confine_covers(&what) || t2m_confine_covers(&on)
        || (as_root() && status_of("\nCapEff:\t") == 0);
}

static void test_changes(void)
{
    is_number(confined(reaches_all), 0, "what was there is within reach");
    is_number(confined_while(notices_directory, replace_directory), 1,
              "a directory made again is noticed");
    put_back();
    is_number(confined_while(reaches_all, take_directory), 0, "one that is missing waits");
    put_back();
    is_number(confined_while(notices_token, replace_token), 1, "so is a new token file");
    is_number(confined(reads_token), 0, "which the next one reads");
    (void)t2m_settings_add(&settings, T2M_STREAM_APP, at("missing/talk2me.log"));
    is_number(confined_while(notices_missing, make_missing), 1, "and a directory that comes");
    is_number(confined(covers_others), 0, "settings are compared with it");
    what.on = 0;
    is_number(confined(is_free), 0, "T2MLogConfine Off takes nothing away");
    what.on = 1;
}

static void make_world(void)
{
    if (!mkdtemp(root) || chmod(root, 0755) != 0) {
        perror(root);
        exit(1);
    }
    make(at("logs"), 0755);
    make(at("logs/t2mlog"), 0750);
    make(at("vhost"), 0755);
    make(at("closed"), 0755);
    make(at("home"), 0700);
    make(at("home/logs"), 0750);
    put(at("logs/error.log"), "e", 0644);
    put(at("logs/t2mlog/access.log"), "a", 0640);
    put(at("vhost/access.log"), "v", 0640);
    put(at("home/logs/access.log"), "h", 0640);
    put(at("tokens"), "t", 0600);
    put(at("secret"), "s", 0600);
    if (as_root()) {
        (void)!chown(at("closed"), 1, 1);
        (void)!chown(at("home"), 1, 1);
    }
    set_log("logs/t2mlog", "logs/t2mlog/access.log");
    (void)t2m_settings_add(&settings, T2M_STREAM_PERFORMANCE, at("vhost/access.log"));
    (void)t2m_settings_add(&settings, T2M_STREAM_SECURITY, "/dev/stderr");
    (void)snprintf(settings.token_file, sizeof(settings.token_file), "%s", at("tokens"));
}

static void remove_world(void)
{
    static const char *const files[] = {
        "logs/t2mlog/access.log", "logs/t2mlog/access.log.1", "logs/t2mlog/new.log",
        "logs/t2mlog/grouped.log", "logs/error.log", "vhost/access.log", "closed/access.log",
        "home/logs/access.log", "tokens", "secret", "logs/t2mlog", "logs", "vhost", "closed",
        "home/logs", "home", "missing", ""
    };
    size_t i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (unlink(at(files[i])) != 0) {
            (void)rmdir(at(files[i]));
        }
    }
}

int main(void)
{
    make_world();
    test_files();
    test_privileges();
    test_kept();
    if (SANITIZED) {
        printf("# no filter of system calls with sanitizers\n");
    } else {
        test_filter();
    }
    test_changes();
    remove_world();
    return tap_done();
}
