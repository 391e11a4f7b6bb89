#include "kernel/server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <zmq.h>

#include "kernel/debugger.h"
#include "kernel/descendants.h"
#include "kernel/guard.h"
#include "kernel/log.h"
#include "kernel/request.h"

enum {
    LINGER = 500,             /* milliseconds that the last messages have to reach their clients */
    FRAME_BACKSTOP = 1 << 30, /* bytes; a peer that announces a larger frame is disconnected */
    TAKEN_AT_ONCE = 64,       /* messages of one socket before the others are looked at */
    PARENT_INTERVAL = 1000    /* milliseconds between two looks at a parent that has no descriptor */
};

static const double stop_patience = 2; /* seconds for a running cell to stop before its process is killed */

struct server {
    struct kernel kernel;
    const struct server_options *options;
    void *context;
    void *sockets[PORT_COUNT]; /* by enum port */
    pthread_t heartbeat;
    int parent;      /* a descriptor of the parent process, readable when it has ended; -1: none */
    pid_t parent_id; /* whose child the kernel must stay while there is no descriptor; 0: anybody's */
};

/* ---- opening ---- */

static const int socket_types[PORT_COUNT] = {[PORT_SHELL] = ZMQ_ROUTER,
                                             [PORT_IOPUB] = ZMQ_XPUB,
                                             [PORT_STDIN] = ZMQ_ROUTER,
                                             [PORT_CONTROL] = ZMQ_ROUTER,
                                             [PORT_HEARTBEAT] = ZMQ_REP};

static bool set(void *socket, int option, int value) {
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool configure(void *socket, enum port port, const struct connection *connection) {
    int64_t backstop = FRAME_BACKSTOP;
    bool good = set(socket, ZMQ_LINGER, LINGER) && set(socket, ZMQ_SNDHWM, 0) && set(socket, ZMQ_RCVHWM, 0) &&
                zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &backstop, sizeof backstop) == 0;
    if (socket_types[port] == ZMQ_ROUTER) good = good && set(socket, ZMQ_ROUTER_HANDOVER, 1);
    /* Every subscription is welcomed, also the second one to the same topic. */
    if (port == PORT_IOPUB) good = good && set(socket, ZMQ_XPUB_VERBOSE, 1);
    if (connection->curve_secret != NULL)
        good = good && set(socket, ZMQ_CURVE_SERVER, 1) &&
               zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, connection->curve_secret, 41) == 0;
    return good;
}

/* Opens and binds one socket; false with *problem set. */
static bool bind_port(struct server *server, enum port port, const struct connection *connection, const char *path,
                      char **problem) {
    bool ipc = strcmp(connection->transport, "ipc") == 0;
    char *address = NULL;
    if (asprintf(&address, "%s://%s%c%d", connection->transport, connection->ip, ipc ? '-' : ':',
                 connection->ports[port]) < 0) {
        *problem = NULL;
        return false;
    }
    void *socket = server->sockets[port] = zmq_socket(server->context, socket_types[port]);
    bool good = socket != NULL && configure(socket, port, connection) && zmq_bind(socket, address) == 0;
    if (!good && asprintf(problem, "connection file %s: %s: cannot listen at %s: %s", path, connection_port_name(port),
                          address, zmq_strerror(zmq_errno())) < 0)
        *problem = NULL;
    if (good && ipc) guard_remember(address + strlen("ipc://"));
    free(address);
    return good;
}

static void close_sockets(struct server *server) {
    for (int port = 0; port < PORT_COUNT; port++)
        if (server->sockets[port] != NULL) zmq_close(server->sockets[port]);
    if (server->context != NULL) zmq_ctx_term(server->context);
}

static bool make_kernel(struct server *server, const struct connection *connection) {
    struct kernel *kernel = &server->kernel;
    uuid_t uuid;
    char session[UUID_STR_LEN];
    uuid_generate(uuid);
    uuid_unparse_lower(uuid, session);
    kernel->connection = connection;
    kernel->wire = wire_new(connection->key, strlen(connection->key), connection->digest, session, "oto");
    kernel->outbox = outbox_new();
    kernel->input = input_new();
    kernel->history = history_open(server->options->history_path);
    if (asprintf(&kernel->topic, "kernel.%s", session) < 0) kernel->topic = NULL;
    return kernel->wire != NULL && kernel->outbox != NULL && kernel->input != NULL && kernel->history != NULL &&
           kernel->topic != NULL;
}

static void free_kernel(struct kernel *kernel) {
    outbox_free(kernel->outbox);
    input_free(kernel->input);
    history_close(kernel->history);
    wire_free(kernel->wire);
    free(kernel->topic);
    free(kernel->session_problem);
    message_free(&kernel->last_cell);
}

struct server *server_open(const struct connection *connection, const struct server_options *options, const char *path,
                           char **problem) {
    *problem = NULL;
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) return NULL;
    server->options = options;
    server->context = zmq_ctx_new();
    bool good = server->context != NULL;
    for (int port = 0; good && port < PORT_COUNT; port++)
        good = bind_port(server, (enum port)port, connection, path, problem);
    if (good && !(good = make_kernel(server, connection))) *problem = strdup("out of memory");
    if (good) return server;
    close_sockets(server);
    free_kernel(&server->kernel);
    free(server);
    return NULL;
}

/* ---- the ends of the kernel ---- */

/* Signals reach the loop as bytes in a pipe. They are not blocked, because the session's processes would inherit that.
 */
static int signal_pipe[2] = {-1, -1};

static void on_signal(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    (void)!write(signal_pipe[1], &byte, 1);
    errno = saved;
}

static void do_nothing(int number) {
    (void)number;
}

static bool watch_signals(void) {
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    bool good = sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0 &&
                sigaction(SIGHUP, &action, NULL) == 0 && sigaction(SIGQUIT, &action, NULL) == 0;
    action.sa_handler = do_nothing; /* a handler, unlike SIG_IGN, is not inherited by the session's processes */
    return good && sigaction(SIGPIPE, &action, NULL) == 0;
}

/* The client says in JPY_PARENT_PID whose end shall be the kernel's. False when that process has ended already. */
static bool watch_parent(struct server *server) {
    const char *text = getenv("JPY_PARENT_PID");
    long parent = text == NULL ? 0 : strtol(text, NULL, 10);
    server->parent = -1;
    if (parent <= 1) return true;
    server->parent = (int)syscall(SYS_pidfd_open, (pid_t)parent, 0);
    if (server->parent >= 0) return true;
    /* A process that cannot be watched, perhaps of another PID namespace: then whoever started us has to stay. */
    server->parent_id = getppid();
    return errno != ESRCH || server->parent_id != 1;
}

/* ---- receiving ---- */

static void drop_frames(zmq_msg_t *parts, size_t count) {
    for (size_t i = 0; i < count; i++) zmq_msg_close(&parts[i]);
}

/* Receives one message, if there is one: its frames in parts, their number in *count (the real one, though only
 * WIRE_FRAMES_MAX + 1 are kept). False when there is none. */
static bool receive(void *socket, zmq_msg_t parts[WIRE_FRAMES_MAX + 1], size_t *count) {
    *count = 0;
    for (bool more = true; more;) {
        zmq_msg_t surplus, *part = *count <= WIRE_FRAMES_MAX ? &parts[*count] : &surplus;
        zmq_msg_init(part);
        if (zmq_msg_recv(part, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(part);
            drop_frames(parts, *count <= WIRE_FRAMES_MAX ? *count : WIRE_FRAMES_MAX + 1);
            return false;
        }
        more = zmq_msg_more(part);
        if (part == &surplus) zmq_msg_close(part);
        (*count)++;
    }
    return true;
}

static void receive_messages(struct server *server, enum port port, enum channel channel) {
    static const char *const names[] = {"shell", "control", "stdin"};
    zmq_msg_t parts[WIRE_FRAMES_MAX + 1];
    size_t count;
    for (int i = 0; i < TAKEN_AT_ONCE && receive(server->sockets[port], parts, &count); i++) {
        size_t kept = count <= WIRE_FRAMES_MAX ? count : WIRE_FRAMES_MAX + 1;
        struct frame frames[WIRE_FRAMES_MAX + 1];
        for (size_t j = 0; j < kept; j++) frames[j] = (struct frame){zmq_msg_data(&parts[j]), zmq_msg_size(&parts[j])};
        struct message message;
        char why[200];
        if (wire_read(server->kernel.wire, frames, kept, &message, why, sizeof why) == 0) {
            message.channel = channel;
            request_arrive(&server->kernel, &message);
        } else {
            log_line("dropped a %s message: %s", names[channel], why);
        }
        drop_frames(parts, kept);
    }
}

/* ---- sending ---- */

static void send_parcel(struct server *server, struct parcel *parcel) {
    static const enum port ports[] = {[CHANNEL_SHELL] = PORT_SHELL,
                                      [CHANNEL_CONTROL] = PORT_CONTROL,
                                      [CHANNEL_STDIN] = PORT_STDIN,
                                      [CHANNEL_IOPUB] = PORT_IOPUB};
    void *socket = server->sockets[ports[parcel->channel]];
    for (size_t i = 0; i < parcel->count; i++) {
        int more = i + 1 < parcel->count ? ZMQ_SNDMORE : 0;
        while (zmq_send(socket, parcel->frames[i].data, parcel->frames[i].size, more) < 0 && zmq_errno() == EINTR)
            continue;
    }
    free(parcel);
}

/* Says on a topic that someone listens to it now. One that is no text is left alone: it matches nothing of ours. */
static void welcome(struct server *server, const char *topic, size_t size) {
    json_t *content = json_pack("{s:s%}", "subscription", topic, size);
    char *text = content == NULL || memchr(topic, '\0', size) != NULL ? NULL : strndup(topic, size);
    struct parcel *parcel =
        text == NULL ? NULL
                     : wire_compose(server->kernel.wire, CHANNEL_IOPUB, text, NULL, "iopub_welcome", content, NULL);
    if (parcel != NULL) send_parcel(server, parcel);
    free(text);
    json_decref(content);
}

/* A subscription to iopub is answered on it, so that a client knows when it will hear everything (JEP 65). */
static void welcome_subscribers(struct server *server) {
    zmq_msg_t parts[WIRE_FRAMES_MAX + 1];
    size_t count;
    while (receive(server->sockets[PORT_IOPUB], parts, &count)) {
        const char *data = zmq_msg_data(&parts[0]);
        size_t size = zmq_msg_size(&parts[0]);
        if (count == 1 && size >= 1 && data[0] == 1) welcome(server, data + 1, size - 1);
        drop_frames(parts, count <= WIRE_FRAMES_MAX ? count : WIRE_FRAMES_MAX + 1);
    }
}

/* Who has just subscribed hears the welcome before anything else. */
static void send_parcels(struct server *server) {
    for (struct parcel *parcel = outbox_take(server->kernel.outbox); parcel != NULL;) {
        struct parcel *next = parcel->next;
        if (parcel->channel == CHANNEL_IOPUB) welcome_subscribers(server);
        send_parcel(server, parcel);
        parcel = next;
    }
}

/* ---- the threads ---- */

/* Echoes whatever comes, until the sockets' context ends. */
static void *beat(void *socket) {
    zmq_msg_t part;
    for (;;) {
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, socket, 0) < 0) {
            zmq_msg_close(&part);
            if (zmq_errno() == EINTR) continue;
            break;
        }
        zmq_msg_send(&part, socket, zmq_msg_more(&part) ? ZMQ_SNDMORE : 0);
        zmq_msg_close(&part);
    }
    zmq_close(socket);
    return NULL;
}

static void obey_signals(struct kernel *kernel) {
    unsigned char number;
    while (read(signal_pipe[0], &number, 1) == 1) {
        if (number == SIGINT)
            queue_interrupt(kernel->queue);
        else
            kernel->stopping = true;
    }
}

static void serve(struct server *server) {
    struct kernel *kernel = &server->kernel;
    enum { SHELL, CONTROL, STDIN, IOPUB, OUTBOX, SIGNALS, PARENT };
    zmq_pollitem_t items[] = {
        [SHELL] = {server->sockets[PORT_SHELL], -1, ZMQ_POLLIN, 0},
        [CONTROL] = {server->sockets[PORT_CONTROL], -1, ZMQ_POLLIN, 0},
        [STDIN] = {server->sockets[PORT_STDIN], -1, ZMQ_POLLIN, 0},
        [IOPUB] = {server->sockets[PORT_IOPUB], -1, ZMQ_POLLIN, 0},
        [OUTBOX] = {NULL, outbox_descriptor(kernel->outbox), ZMQ_POLLIN, 0},
        [SIGNALS] = {NULL, signal_pipe[0], ZMQ_POLLIN, 0},
        [PARENT] = {NULL, server->parent, ZMQ_POLLIN, 0},
    };
    int count = server->parent >= 0 ? PARENT + 1 : PARENT, timeout = server->parent_id != 0 ? PARENT_INTERVAL : -1;
    kernel_publish(kernel, NULL, "status", json_pack("{s:s}", "execution_state", "starting"), NULL);
    while (!kernel->stopping) {
        send_parcels(server);
        if (zmq_poll(items, count, timeout) < 0 && zmq_errno() != EINTR) {
            log_line("waiting for messages failed: %s", zmq_strerror(zmq_errno()));
            break;
        }
        if (items[SIGNALS].revents) obey_signals(kernel);
        if (count > PARENT && items[PARENT].revents) kernel->stopping = true;
        if (server->parent_id != 0 && getppid() != server->parent_id) kernel->stopping = true;
        /* an interrupt is about a cell that came before it, though on another socket */
        if (items[SHELL].revents) receive_messages(server, PORT_SHELL, CHANNEL_SHELL);
        if (items[CONTROL].revents) receive_messages(server, PORT_CONTROL, CHANNEL_CONTROL);
        if (items[IOPUB].revents) welcome_subscribers(server);
        if (items[STDIN].revents) receive_messages(server, PORT_STDIN, CHANNEL_STDIN);
    }
    send_parcels(server);
}

/* Ends the cell that runs, then the session; a cell that does not end loses its process. */
static void stop_session(struct server *server) {
    struct kernel *kernel = &server->kernel;
    queue_interrupt(kernel->queue);
    outbox_close(kernel->outbox);
    bool stopped = queue_stop(kernel->queue, stop_patience);
    descendants_kill(guard_process());
    /* A cell without its process is over at once. If not even that helps, its thread still works with everything that
     * would be freed now. */
    if (!stopped && !queue_stop(kernel->queue, stop_patience / 4)) _exit(0);
    stream_stop(kernel->stream);
    queue_free(kernel->queue);
    debugger_free(kernel->debugger);
}

int server_run(struct server *server) {
    struct kernel *kernel = &server->kernel;
    /* Orphans of the session come to us, not to init, so that the end finds them. */
    kernel->limits = server->options->limits;
    bool good = watch_signals() && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
    kernel->stopping = !watch_parent(server);
    void *heartbeat = server->sockets[PORT_HEARTBEAT];
    good = good && pthread_create(&server->heartbeat, NULL, beat, heartbeat) == 0;
    if (good) server->sockets[PORT_HEARTBEAT] = NULL; /* its thread closes it */
    good = good && (kernel->stream = stream_start(kernel)) != NULL;
    good = good && (kernel->debugger = debugger_new(kernel)) != NULL;
    good = good && (kernel->queue = queue_start(kernel)) != NULL;
    if (!good) {
        log_line("cannot start its threads: %s", strerror(errno));
        _exit(1);
    }
    serve(server);
    stop_session(server);
    close_sockets(server);
    pthread_join(server->heartbeat, NULL);
    free_kernel(kernel);
    if (server->parent >= 0) close(server->parent);
    free(server);
    return 0;
}
