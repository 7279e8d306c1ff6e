/* A sender of DNS queries over UDP to a loopback port, with fresh parts in each query.
 *
 * It keeps a window of queries in flight, or sends at an even rate, and prints one JSON object: queries, replies and
 * times. Every reply is matched to the query of its id. python_sender.py does the same in Python; sender.py explains
 * the options.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { HEADER = 12, MAX_BYTES = 512, BATCH = 64, SLOTS = 255, NOT_A_SLOT = 255, SOCKETS = 64, PATCHES = 4 };
#define SECOND 1000000000LL
#define NETWORKS_FROM (1u << 16) /* 1.0.0.0/24 */
#define NETWORKS_TO (224u << 16)

typedef struct {
    const uint8_t *bytes;
    int length, question_end;
} Packet;

typedef struct {
    enum { LABEL, NETWORK, CASE, OCTETS8 } kind;
    int at, length;
} Patch;

typedef struct {
    bool is_busy;
    uint8_t generation;
    int length, question_end, fd;
    int64_t asked;
    uint8_t bytes[MAX_BYTES];
} Slot;

static Packet *packets;
static int packet_count;
static Patch patches[PATCHES];
static int patch_count;
static Slot slots[SLOTS];
static int fds[SOCKETS], socket_count = 1, window = 100, garbage_every;
static uint64_t fresh, dice;
static uint32_t *latencies;
static size_t latency_count, latency_room;
static unsigned long long sent, completed, lost, wrong, stray, answered, truncated, rcodes[16];
static unsigned long long garbage_sent, garbage_replies;

static void refuse(const char *what) {
    fprintf(stderr, "sender: %s\n", what);
    exit(2);
}

static int64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * SECOND + at.tv_nsec;
}

/* The finishing steps of splitmix64, a bijection: different inputs give different outputs. */
static uint64_t mixed(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

static uint64_t thrown(void) { return mixed(dice += 0x9e3779b97f4a7c15ULL); }

/* The network of a number, a bijection: the factor is a prime that does not divide the range. */
static uint32_t network_of(uint64_t number) {
    uint64_t range = NETWORKS_TO - NETWORKS_FROM;
    return NETWORKS_FROM + (uint32_t)(number % range * 0x9e3779b1ULL % range);
}

static void patch(const Patch *how, uint8_t *bytes) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t *at = bytes + how->at;
    uint64_t bits = how->kind == CASE ? thrown() : mixed(fresh);
    uint32_t network;
    switch (how->kind) {
    case LABEL:
        for (int i = 0; i < how->length; i++, bits >>= 5) at[i] = letters[bits & 31];
        break;
    case NETWORK:
        network = network_of(fresh);
        at[0] = network >> 16, at[1] = network >> 8, at[2] = network;
        break;
    case CASE:
        for (int i = 0; i < how->length; i++, bits >>= 1) {
            if (i && i % 64 == 0) bits = thrown();
            if ((at[i] | 32) >= 'a' && (at[i] | 32) <= 'z') at[i] ^= (bits & 1) << 5;
        }
        break;
    case OCTETS8:
        memcpy(at, &bits, 8);
    }
}

static void fill(Slot *slot, int number, const Packet *packet) {
    memcpy(slot->bytes, packet->bytes, packet->length);
    slot->length = packet->length;
    slot->question_end = packet->question_end;
    slot->bytes[0] = ++slot->generation;
    slot->bytes[1] = number;
    for (int i = 0; i < patch_count; i++) patch(&patches[i], slot->bytes);
    fresh++;
}

/* Noise, a truncated query, and a name that points at itself, in turn; with ids that no query has. */
static int garbage(uint8_t *bytes, const Packet *packet) {
    uint64_t bits = thrown();
    int length = packet->length;
    memcpy(bytes, packet->bytes, length);
    switch (garbage_sent++ % 3) {
    case 0:
        length = 2 + bits % 98;
        for (int i = 0; i < length; i += 8) bits = thrown(), memcpy(bytes + i, &bits, 8);
        break;
    case 1:
        length = 2 + bits % (length - 2);
        break;
    case 2:
        bytes[HEADER] = 0xc0, bytes[HEADER + 1] = HEADER;
    }
    bytes[0] = bits, bytes[1] = NOT_A_SLOT;
    return length;
}

static void take(const uint8_t *bytes, int length, int64_t now) {
    Slot *slot;
    if (length >= 2 && bytes[1] == NOT_A_SLOT) {
        garbage_replies++;
        return;
    }
    slot = length < HEADER || bytes[1] >= window ? NULL : &slots[bytes[1]];
    if (!slot || !slot->is_busy || bytes[0] != slot->generation || !(bytes[2] & 0x80)) {
        stray++;
        return;
    }
    slot->is_busy = false;
    if (length < slot->question_end || memcmp(bytes + HEADER, slot->bytes + HEADER, slot->question_end - HEADER)) {
        wrong++;
        return;
    }
    completed++;
    rcodes[bytes[3] & 15]++;
    answered += bytes[6] || bytes[7];
    truncated += (bytes[2] & 2) != 0;
    if (latency_count == latency_room) {
        latency_room = latency_room ? 2 * latency_room : 1 << 16;
        latencies = realloc(latencies, latency_room * sizeof *latencies);
        if (!latencies) refuse("out of memory");
    }
    latencies[latency_count++] = now - slot->asked > UINT32_MAX ? UINT32_MAX : (uint32_t)(now - slot->asked);
}

static bool receive(int fd) {
    static uint8_t bytes[BATCH][4096];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    int64_t now;
    int count;
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){bytes[i], sizeof bytes[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (count <= 0) return false;
    now = now_ns();
    for (int i = 0; i < count; i++) take(bytes[i], messages[i].msg_len, now);
    return true;
}

/* Sends the queue of a socket; a slot whose query the kernel refused is free again. */
static void flush(int fd, struct mmsghdr *messages, const int *owners, int count) {
    int done = 0, tries = 0;
    while (done < count && tries++ < 8) {
        int taken = sendmmsg(fd, messages + done, count - done, MSG_DONTWAIT);
        if (taken > 0) done += taken;
        else if (errno == EAGAIN || errno == ENOBUFS) break;
    }
    for (int i = 0; i < count; i++) {
        if (owners[i] < 0) continue;
        if (i < done) sent++;
        else slots[owners[i]].is_busy = false;
    }
}

static void *load_packets(const char *path) {
    FILE *file = fopen(path, "rb");
    long size;
    uint8_t *all;
    if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) <= 0) refuse("no packets to send");
    rewind(file);
    all = malloc(size);
    if (!all || fread(all, 1, size, file) != (size_t)size) refuse("packets cannot be read");
    fclose(file);
    for (long at = 0; at + 2 <= size;) {
        int length = all[at] << 8 | all[at + 1], end = HEADER;
        const uint8_t *bytes = all + at + 2;
        if (length <= HEADER + 5 || length > MAX_BYTES || at + 2 + length > size) refuse("a packet has a wrong length");
        while (end < length && bytes[end]) end += 1 + bytes[end];
        if ((end += 5) > length) refuse("a packet has no question");
        if (packet_count % 1024 == 0) packets = realloc(packets, (packet_count + 1024) * sizeof *packets);
        if (!packets) refuse("out of memory");
        packets[packet_count++] = (Packet){bytes, length, end};
        at += 2 + length;
    }
    return all;
}

static void add_patch(const char *text) {
    static const char *const kinds[] = {"label", "network", "case", "bytes"};
    char kind[16];
    Patch *new = &patches[patch_count];
    if (patch_count == PATCHES || sscanf(text, "%15[a-z],%d,%d", kind, &new->at, &new->length) != 3)
        refuse("a patch is KIND,OFFSET,LENGTH");
    for (int i = 0; i < 4; i++)
        if (!strcmp(kind, kinds[i])) {
            static const int wanted[] = {13, 3, 0, 8};
            new->kind = i;
            if (wanted[i] && new->length != wanted[i]) refuse("a patch has a wrong length");
            patch_count++;
            return;
        }
    refuse("a patch is of no known kind");
}

static void connect_all(int port) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    int room = 1 << 20;
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < socket_count; i++) {
        fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        if (fds[i] < 0 || connect(fds[i], (struct sockaddr *)&server, sizeof server)) refuse("no socket to be had");
    }
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile_us(double share) {
    return latency_count ? latencies[(size_t)(share * (latency_count - 1))] / 1e3 : 0;
}

static void print(double seconds, double idle_share) {
    static const char *const names[16] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
    const char *comma = "";
    qsort(latencies, latency_count, sizeof *latencies, ascending);
    printf("{\"seconds\": %.6f, \"idle_share\": %.4f, \"sent\": %llu, \"completed\": %llu, \"lost\": %llu, "
           "\"wrong\": %llu, \"stray\": %llu, \"answered\": %llu, \"truncated\": %llu, \"garbage_sent\": %llu, "
           "\"garbage_replies\": %llu, "
           "\"next\": %llu, \"latency_us\": {\"p50\": %.2f, \"p99\": %.2f, \"most\": %.2f}, \"rcodes\": {",
           seconds, idle_share, sent, completed, lost, wrong, stray, answered, truncated, garbage_sent,
           garbage_replies, (unsigned long long)fresh, percentile_us(0.5), percentile_us(0.99), percentile_us(1));
    for (int i = 0; i < 16; i++) {
        if (!rcodes[i]) continue;
        if (names[i]) printf("%s\"%s\": %llu", comma, names[i], rcodes[i]);
        else printf("%s\"RCODE%d\": %llu", comma, i, rcodes[i]);
        comma = ", ";
    }
    printf("}}\n");
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"port", 1, 0, 'p'}, {"packets", 1, 0, 'f'}, {"seconds", 1, 0, 's'}, {"window", 1, 0, 'w'},
        {"rate", 1, 0, 'r'}, {"timeout", 1, 0, 't'}, {"first", 1, 0, 'n'}, {"patch", 1, 0, 'x'},
        {"garbage-every", 1, 0, 'g'}, {"sockets", 1, 0, 'k'}, {"spin", 0, 0, 'b'}, {0}};
    const char *path = NULL;
    double seconds = 1, rate = 0, timeout_s = 1;
    int port = 0, option;
    bool spin = false;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'f': path = optarg; break;
        case 's': seconds = atof(optarg); break;
        case 'w': window = atoi(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 't': timeout_s = atof(optarg); break;
        case 'n': fresh = strtoull(optarg, NULL, 10); break;
        case 'x': add_patch(optarg); break;
        case 'g': garbage_every = atoi(optarg); break;
        case 'k': socket_count = atoi(optarg); break;
        case 'b': spin = true; break;
        default: return 2;
    }
    if (!path || port <= 0) refuse("--port and --packets are needed");
    if (window < 1 || window > SLOTS || socket_count < 1 || socket_count > SOCKETS) refuse("no such window or sockets");
    void *all = load_packets(path);
    dice = mixed(fresh + 1);
    connect_all(port);

    int64_t began = now_ns(), end = began + (int64_t)(seconds * SECOND), timeout = (int64_t)(timeout_s * SECOND);
    int64_t now = began, swept = began, last_reply = began, idle = 0, due = began;
    int64_t interval = rate > 0 ? (int64_t)(SECOND / rate) : 0;
    uint64_t turn = 0;
    int under_way = 0;
    while (now < end || under_way) {
        bool did = false;
        for (int s = 0; s < socket_count && now < end; s++) {
            static uint8_t noise[BATCH][MAX_BYTES + 8];
            struct mmsghdr messages[2 * SLOTS];
            struct iovec parts[2 * SLOTS];
            int owners[2 * SLOTS], count = 0, noises = 0;
            for (int i = s; i < window; i += socket_count) {
                Slot *slot = &slots[i];
                const Packet *packet = &packets[turn % packet_count];
                if (slot->is_busy || (interval && due > now)) continue;
                if (garbage_every && turn % garbage_every == 0 && noises < BATCH) {
                    parts[count] = (struct iovec){noise[noises], garbage(noise[noises], packet)};
                    owners[count++] = -1, noises++;
                }
                turn++;
                fill(slot, i, packet);
                slot->is_busy = true;
                slot->asked = interval ? due : now;
                due += interval;
                parts[count] = (struct iovec){slot->bytes, slot->length};
                owners[count++] = i;
            }
            for (int i = 0; i < count; i++)
                messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
            if (count) flush(fds[s], messages, owners, count), did = true;
        }
        if (!did && !spin) {
            struct pollfd polled[SOCKETS];
            int64_t wait = interval && due > now && due - now < SECOND / 20 ? due - now : SECOND / 20;
            struct timespec most = {0, wait};
            for (int i = 0; i < socket_count; i++) polled[i] = (struct pollfd){fds[i], POLLIN, 0};
            ppoll(polled, socket_count, &most, NULL);
            int64_t woken = now_ns();
            idle += woken - now;
            now = woken;
        }
        unsigned long long before = completed;
        for (int s = 0; s < socket_count; s++) did |= receive(fds[s]);
        int64_t was = now;
        now = now_ns();
        if (completed != before) last_reply = now;
        if (!did) idle += now - was;
        if (now - swept > SECOND / 50 || now >= end) {
            swept = now;
            under_way = 0;
            for (int i = 0; i < window; i++) {
                if (slots[i].is_busy && now - slots[i].asked > timeout) slots[i].is_busy = false, lost++;
                under_way += slots[i].is_busy;
            }
        }
    }
    double took = (last_reply - began) / (double)SECOND;
    print(took > 0 ? took : seconds, idle / (double)(now - began));
    free(all), free(packets), free(latencies);
    return 0;
}
