/* Send mail over several connections, and be the sink behind the filter, in one process.
 *
 * Every message begins with a field of its own, `X-Bench: RUN.NUMBER`.  The sink finds it
 * again, so that what was accepted and never arrived, and what arrived twice, is known by
 * number.  One thread a connection on both sides.
 *
 *   gcc -O2 -pthread -o load load.c
 *   load -p PORT -s SINK -d FOLDER -x RUN [-c 8] [-m 20] [-n 1000] [-t 10] [-r 0] [-w 5]
 *
 *   -p, -s  ports of 127.0.0.1: where mail is sent, where it comes back
 *   -d      folder of *.eml, sent in the order of their names, from the first again at the end
 *   -x      the name of this run: mail of an earlier one is counted as stray
 *   -c, -m  connections, and messages over one of them before it is closed
 *   -n, -t  how many messages in all, and seconds after which no further one is begun
 *   -r      messages a second in all (0: as fast as they are taken)
 *   -w      seconds without an arrival after which the rest is lost
 *
 * It prints one JSON object; `reply` is the time from the last octet to the reply, in ms.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 256
#define MOST_MESSAGES 1000000
#define MOST_BROKEN 200 /* a filter that is gone is not asked for ever */
#define HEAD 16384      /* where the sink looks for X-Bench: below the fields of every relay */

enum { ENDING = 3 }; /* .CRLF, which each mail ends in */
struct mail { char *octets; size_t length; };
enum outcome { UNSENT, ACCEPTED, REFUSED, DEFERRED, BROKEN };
struct sent { double waited; char outcome; atomic_char arrived; };

static struct mail *mails;
static long mail_count, total = 1000, per_connection = 20, connections = 8;
static int port, sink_port;
static double seconds = 10, patience = 5, rate, begun;
static const char *run = "run";
static struct sent *sent;
static atomic_long next_number, broken, arrived, stray, octets_answered;
static _Atomic double last_reply, last_arrival;
static char first_refusal[160];
static pthread_mutex_t refusal_lock = PTHREAD_MUTEX_INITIALIZER;

static void die(const char *what) { perror(what); exit(2); }

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec * 1e-9;
}

static void raise_to(_Atomic double *mark, double value) {
    double seen = *mark;
    while (value > seen && !atomic_compare_exchange_weak(mark, &seen, value)) {}
}

/* CRLF line ends, dots stuffed, the final dot included (RFC 5321 4.5.2). */
static struct mail as_sent(const char *in, size_t length) {
    struct mail mail = {malloc(2 * length + 8), 0};
    char *out = mail.octets;
    int at_start = 1;
    for (size_t i = 0; i < length; i++) {
        if (in[i] == '\r' && i + 1 < length && in[i + 1] == '\n') continue;
        if (at_start && in[i] == '.') *out++ = '.';
        at_start = in[i] == '\n';
        if (at_start) *out++ = '\r';
        *out++ = in[i];
    }
    if (!at_start) { *out++ = '\r'; *out++ = '\n'; }
    memcpy(out, ".\r\n", 3);
    mail.length = out + 3 - mail.octets;
    return mail;
}

static int is_mail(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return length > 4 && !strcmp(entry->d_name + length - 4, ".eml");
}

static void read_mails(const char *folder) {
    struct dirent **names;
    mail_count = scandir(folder, &names, is_mail, alphasort);
    if (mail_count < 1) die(folder);
    mails = calloc(mail_count, sizeof *mails);
    for (long i = 0; i < mail_count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        FILE *file = fopen(path, "rb");
        if (!file || fseek(file, 0, SEEK_END)) die(path);
        long length = ftell(file);
        rewind(file);
        char *octets = malloc(length + 1);
        if (fread(octets, 1, length, file) != (size_t)length) die(path);
        fclose(file);
        mails[i] = as_sent(octets, length);
        free(octets);
    }
}

static int push(int fd, const char *octets, size_t length, int flags) {
    while (length) {
        ssize_t written = send(fd, octets, length, MSG_NOSIGNAL | flags);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return -1;
        octets += written;
        length -= written;
    }
    return 0;
}

static int say(int fd, const char *octets, size_t length) { return push(fd, octets, length, 0); }

/* The client. */

struct link { int fd; size_t from, to; char read[8192], line[160]; };

/* The code of the next reply, -1 if there is none; its last line stays in `line`. */
static int reply(struct link *link) {
    for (;;) {
        char *begin = link->read + link->from, *end;
        while (!(end = memchr(begin, '\n', link->to - link->from))) {
            memmove(link->read, begin, link->to - link->from);
            link->to -= link->from;
            link->from = 0;
            begin = link->read;
            if (link->to == sizeof link->read) return -1;
            ssize_t more = recv(link->fd, link->read + link->to, sizeof link->read - link->to, 0);
            if (more <= 0) return -1;
            link->to += more;
        }
        size_t length = end - begin;
        link->from = end + 1 - link->read;
        if (length && begin[length - 1] == '\r') length--;
        if (length < 3 || (length > 3 && begin[3] == '-')) continue;
        snprintf(link->line, sizeof link->line, "%.*s", (int)length, begin);
        return atoi(link->line);
    }
}

static int ask(struct link *link, const char *command) {
    return say(link->fd, command, strlen(command)) ? -1 : reply(link);
}

static int connect_to(struct link *link) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval limit = {120, 0};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    link->from = link->to = 0;
    link->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(link->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(link->fd, (struct sockaddr *)&to, sizeof to)) return -1;
    int code = reply(link);
    return code == 220 ? ask(link, "EHLO bench.example\r\n") : code;
}

static void hang_up(struct link *link, int politely) {
    if (link->fd < 0) return;
    if (politely) ask(link, "QUIT\r\n");
    close(link->fd);
    link->fd = -1;
}

static int transaction(struct link *link, long number) {
    char command[128];
    snprintf(command, sizeof command, "MAIL FROM:<s%ld@bench.example>\r\n", number % 97);
    int code = ask(link, command);
    if (code != 250) return code;
    snprintf(command, sizeof command, "RCPT TO:<r%ld@sink.example>\r\n", number % 89);
    if ((code = ask(link, command)) != 250) return code;
    if ((code = ask(link, "DATA\r\n")) != 354) return code;
    int length = snprintf(command, sizeof command, "X-Bench: %s.%09ld\r\n", run, number);
    struct mail *mail = &mails[number % mail_count];
    /* The field waits for the content (MSG_MORE): one packet more would cost the filter. */
    if (send(link->fd, command, length, MSG_NOSIGNAL | MSG_MORE) != length) return -1;
    /* Time counts from before the final dot is sent: who asks the clock afterwards may have been
     * off the processor meanwhile, and finds the reply there already. */
    size_t before = mail->length - ENDING;
    if (push(link->fd, mail->octets, before, MSG_MORE)) return -1;
    double end = now();
    if (say(link->fd, mail->octets + before, ENDING)) return -1;
    code = reply(link);
    sent[number].waited = (now() - end) * 1e3;
    return code;
}

static void note(long number, int code, const char *line) {
    sent[number].outcome = code == 250 ? ACCEPTED : code >= 500 ? REFUSED : code > 0 ? DEFERRED : BROKEN;
    raise_to(&last_reply, now());
    if (code == 250 || code >= 500) octets_answered += mails[number % mail_count].length;
    if (code == 250) return;
    if (code < 0) broken++;
    pthread_mutex_lock(&refusal_lock);
    if (!*first_refusal) snprintf(first_refusal, sizeof first_refusal, "%s", code < 0 ? "closed" : line);
    pthread_mutex_unlock(&refusal_lock);
}

/* The number of the next message, in its time; -1: enough. */
static long take_number(void) {
    long number = next_number++;
    double due = rate > 0 ? begun + number / rate : 0, at = now();
    if (number >= total || broken >= MOST_BROKEN) return -1;
    if ((due > at ? due : at) - begun > seconds) return -1;
    if (due > at) usleep((due - at) * 1e6);
    return number;
}

static void *client(void *unused) {
    (void)unused;
    struct link link = {.fd = -1};
    long carried = 0, number;
    while ((number = take_number()) >= 0) {
        int code = 250;
        if (link.fd < 0) { carried = 0; code = connect_to(&link); }
        if (code == 250) code = transaction(&link, number);
        note(number, code, link.line);
        /* After a refusal in the transaction the next one begins anew, as clients do. */
        int alive = code > 0 && code != 421;
        if (!alive || ++carried >= per_connection || (code != 250 && code < 500)) hang_up(&link, alive);
        if (!alive) usleep(20000);
    }
    hang_up(&link, 1);
    return NULL;
}

/* The sink. */

static void arrive(const char *head) {
    char mark[64];
    int length = snprintf(mark, sizeof mark, "X-Bench: %s.", run);
    const char *found = strstr(head, mark);
    long number = found ? atol(found + length) : -1;
    if (number < 0 || number >= total) { stray++; return; }
    if (sent[number].arrived < 100 && sent[number].arrived++ == 0) arrived++;
    raise_to(&last_arrival, now());
}

struct taking { int fd; size_t held; char kept[HEAD + 1]; size_t kept_length; char read[262144]; };

static int more(struct taking *in) {
    if (in->held == sizeof in->read) return -1;
    ssize_t got = recv(in->fd, in->read + in->held, sizeof in->read - in->held, 0);
    if (got <= 0) return -1;
    in->held += got;
    return 0;
}

static void drop(struct taking *in, size_t octets) {
    in->held -= octets;
    memmove(in->read, in->read + octets, in->held);
}

static void keep(struct taking *in, size_t octets) {
    size_t room = HEAD - in->kept_length, part = octets < room ? octets : room;
    memcpy(in->kept + in->kept_length, in->read, part);
    in->kept_length += part;
}

/* Take content up to CRLF.CRLF; the last four octets wait, they may be half of it. */
static int take_content(struct taking *in) {
    in->kept_length = 0;
    for (;;) {
        char *end = memmem(in->read, in->held, "\r\n.\r\n", 5);
        size_t whole = end ? (size_t)(end - in->read) + 5 : in->held > 4 ? in->held - 4 : 0;
        keep(in, whole);
        drop(in, whole);
        if (end) break;
        if (more(in)) return -1;
    }
    in->kept[in->kept_length] = 0;
    arrive(in->kept);
    return 0;
}

static int answer(struct taking *in, const char *line) {
    const char *offer = "250-sink.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250 8BITMIME\r\n";
    const char *done = "250 2.0.0 ok\r\n";
    if (!strncasecmp(line, "QUIT", 4)) { say(in->fd, "221 2.0.0 bye\r\n", 15); return -1; }
    if (!strncasecmp(line, "EHLO", 4)) return say(in->fd, offer, strlen(offer));
    if (strncasecmp(line, "DATA", 4)) return say(in->fd, done, strlen(done));
    if (say(in->fd, "354 go on\r\n", 11) || take_content(in)) return -1;
    return say(in->fd, done, strlen(done));
}

static void *take_mail(void *fd) {
    struct taking *in = calloc(1, sizeof *in);
    in->fd = (int)(long)fd;
    int ended = say(in->fd, "220 sink.example ESMTP\r\n", 24);
    while (!ended) {
        char line[16] = "", *end = memchr(in->read, '\n', in->held);
        if (!end) { ended = more(in); continue; }
        size_t length = end + 1 - in->read;
        memcpy(line, in->read, length < 15 ? length : 15);
        drop(in, length);
        ended = answer(in, line);
    }
    close(in->fd);
    free(in);
    return NULL;
}

static void *listen_for_mail(void *at) {
    int listener = (int)(long)at;
    for (;;) {
        int one = 1, fd = accept(listener, NULL, NULL);
        pthread_t thread;
        if (fd < 0) { usleep(1000); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (pthread_create(&thread, NULL, take_mail, (void *)(long)fd)) { close(fd); continue; }
        pthread_detach(thread);
    }
    return NULL;
}

static void open_sink(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(sink_port)};
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 1024)) die("sink");
    pthread_create(&thread, NULL, listen_for_mail, (void *)(long)listener);
}

/* What came of it. */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_result(void) {
    long count[5] = {0}, lost = 0, twice = 0, n = 0;
    double *waited = calloc(total, sizeof *waited);
    for (long i = 0; i < total; i++) {
        count[(int)sent[i].outcome]++;
        lost += sent[i].outcome == ACCEPTED && !sent[i].arrived;
        twice += sent[i].arrived > 1;
        if (sent[i].outcome == ACCEPTED || sent[i].outcome == REFUSED) waited[n++] = sent[i].waited;
    }
    qsort(waited, n, sizeof *waited, ascending);
    for (char *c = first_refusal; *c; c++) if (*c == '"' || *c == '\\' || *c < ' ') *c = ' ';
    double taken = last_reply - begun, delivered = last_arrival > begun ? last_arrival - begun : 0;
    printf("{\"accepted\": %ld, \"refused\": %ld, \"deferred\": %ld, \"broken\": %ld, ",
           count[ACCEPTED], count[REFUSED], count[DEFERRED], count[BROKEN]);
    printf("\"arrived\": %ld, \"lost\": %ld, \"twice\": %ld, \"stray\": %ld, ",
           (long)arrived, lost, twice, (long)stray);
    printf("\"octets\": %ld, \"seconds\": %.4f, \"seconds_to_sink\": %.4f, ",
           (long)octets_answered, taken > 0 ? taken : 0, delivered);
#define AT(share) (n ? waited[(long)((n - 1) * (share))] : 0.0)
    printf("\"reply\": {\"p50\": %.3f, \"p95\": %.3f, \"p99\": %.3f, \"most\": %.3f}, ",
           AT(.5), AT(.95), AT(.99), AT(1));
    printf("\"first_refusal\": \"%s\"}\n", first_refusal);
}

static void drain(void) {
    double since = now();
    for (;;) {
        long expected = 0;
        for (long i = 0; i < total; i++) expected += sent[i].outcome == ACCEPTED;
        double idle = now() - (last_arrival > since ? last_arrival : since);
        if (arrived >= expected || idle > patience) return;
        usleep(5000);
    }
}

int main(int count, char **words) {
    const char *folder = NULL;
    pthread_t threads[MOST_CONNECTIONS];
    for (int option; (option = getopt(count, words, "p:s:d:x:c:m:n:t:r:w:")) != -1;) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 's': sink_port = atoi(optarg); break;
        case 'd': folder = optarg; break;
        case 'x': run = optarg; break;
        case 'c': connections = atol(optarg); break;
        case 'm': per_connection = atol(optarg); break;
        case 'n': total = atol(optarg); break;
        case 't': seconds = atof(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 'w': patience = atof(optarg); break;
        default: return 2;
    }
    if (!folder || !port || !sink_port || strlen(run) > 32) { fprintf(stderr, "see load.c\n"); return 2; }
    if (total < 1 || total > MOST_MESSAGES || connections < 1 || connections > MOST_CONNECTIONS) return 2;
    sent = calloc(total, sizeof *sent);
    read_mails(folder);
    open_sink();
    begun = now();
    for (long i = 0; i < connections; i++) pthread_create(&threads[i], NULL, client, NULL);
    for (long i = 0; i < connections; i++) pthread_join(threads[i], NULL);
    drain();
    print_result();
    return 0;
}
