/* oto-grade serve: a page on this machine for grading by hand. It listens on 127.0.0.1; every address begins with a
 * random token, and a request that comes by another host name or from another site's page is refused, so that neither
 * other users of the machine nor pages in the same browser get at the answers. */
#include "autograder/commands.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "autograder/desk.h"
#include "autograder/guests.h"
#include "autograder/options.h"
#include "autograder/page.h"
#include "kernel/engine/text.h"

enum {
    TOKEN_BYTES = 24,
    BODY_MAX_BYTES = 1 << 20,
    STRANGER_SECONDS = 5, /* how long a connection may be silent before it has shown the token */
    IDLE_SECONDS = 60     /* and then */
};

struct server {
    struct desk desk;
    struct guests guests;
    int port;
    char token[2 * TOKEN_BYTES + 1];
};

/* ---- answering ---- */

static const struct header {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri "
     "'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static enum MHD_Result answer(struct MHD_Connection *connection, int status, const char *type, const void *bytes,
                              size_t size) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    if (!response) return MHD_NO;
    bool made = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES;
    for (size_t i = 0; made && i < sizeof headers / sizeof *headers; i++)
        made = MHD_add_response_header(response, headers[i].name, headers[i].value) == MHD_YES;
    enum MHD_Result queued = made ? MHD_queue_response(connection, (unsigned)status, response) : MHD_NO;
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result say(const struct server *server, struct MHD_Connection *connection, int status,
                           enum string string) {
    const char *sentence = string_of(server->desk.language, string);
    return answer(connection, status, "text/plain; charset=utf-8", sentence, strlen(sentence));
}

static enum MHD_Result answer_json(struct MHD_Connection *connection, struct desk_reply reply) {
    char *bytes = json_dumps(reply.body, JSON_COMPACT);
    enum MHD_Result queued =
        bytes ? answer(connection, reply.status, "application/json; charset=utf-8", bytes, strlen(bytes)) : MHD_NO;
    free(bytes);
    json_decref(reply.body);
    return queued;
}

/* What write makes in the desk's language. */
static enum MHD_Result answer_written(const struct server *server, struct MHD_Connection *connection, const char *type,
                                      void (*write)(struct text *out, enum language language)) {
    struct text bytes = {};
    write(&bytes, server->desk.language);
    enum MHD_Result queued = answer(connection, MHD_HTTP_OK, type, bytes.data, bytes.length);
    text_free(&bytes);
    return queued;
}

/* ---- who may ask ---- */

static const char *header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* before HOST:PORT, by which a browser on this machine (or at the end of a tunnel with the same port) comes. */
static bool is_own_address(const struct server *server, const char *before, const char *value) {
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    bool found = false;
    for (int i = 0; i < 2; i++) {
        char *own = must_format("%s%s:%d", before, hosts[i], server->port);
        found |= value && strcmp(value, own) == 0;
        free(own);
    }
    return found;
}

/* The path behind /TOKEN/, or NULL. */
static const char *path_behind_token(const struct server *server, const char *url) {
    size_t length = strlen(server->token);
    bool right = strlen(url) > length + 1 && CRYPTO_memcmp(url + 1, server->token, length) == 0;
    return right && url[length + 1] == '/' ? url + length + 2 : NULL;
}

/* Is the request let in? Otherwise why not, and with which status. */
static bool is_let_in(const struct server *server, struct MHD_Connection *connection, const char *url,
                      const char *method, int *status, enum string *why) {
    const char *origin = header(connection, MHD_HTTP_HEADER_ORIGIN),
               *type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
    *status = MHD_HTTP_FORBIDDEN;
    *why = STRING_GRADING_OTHER_HOST;
    if (!is_own_address(server, "", header(connection, MHD_HTTP_HEADER_HOST))) return false;
    *why = STRING_GRADING_OTHER_SITE;
    if (origin && !is_own_address(server, "http://", origin)) return false;
    *why = STRING_GRADING_OTHER_TOKEN;
    if (!path_behind_token(server, url)) return false;
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0) return true;
    *status = MHD_HTTP_METHOD_NOT_ALLOWED;
    *why = STRING_GRADING_OTHER_METHOD;
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0) return false;
    *status = MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    *why = STRING_GRADING_OTHER_TYPE;
    return type && strcmp(type, "application/json") == 0;
}

/* ---- routes ---- */

static const struct question {
    const char *path;
    struct desk_reply (*ask)(struct desk *desk, const struct desk_place *place);
} questions[] = {{"answers", desk_answers}, {"name", desk_name}, {"pictures", desk_pictures}, {"work", desk_work}};

static enum MHD_Result get(struct server *server, struct MHD_Connection *connection, const char *path) {
    const struct desk_place place = {.assignment =
                                         MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "assignment"),
                                     .part = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "part"),
                                     .who = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "who")};
    const struct page_file *file = page_file(path);
    if (file) return answer(connection, MHD_HTTP_OK, file->type, file->bytes, file->size);
    if (!*path) return answer_written(server, connection, "text/html; charset=utf-8", page_grading);
    if (strcmp(path, "texts.js") == 0)
        return answer_written(server, connection, "text/javascript; charset=utf-8", page_texts);
    if (strcmp(path, "parts") == 0) return answer_json(connection, desk_parts(&server->desk));
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (strcmp(path, questions[i].path) == 0)
            return answer_json(connection, questions[i].ask(&server->desk, &place));
    return say(server, connection, MHD_HTTP_NOT_FOUND, STRING_GRADING_NO_PAGE);
}

static enum MHD_Result post(struct server *server, struct MHD_Connection *connection, const char *path,
                            const struct text *body) {
    if (strcmp(path, "give") != 0) return say(server, connection, MHD_HTTP_NOT_FOUND, STRING_GRADING_NO_PAGE);
    json_t *given = json_loadb(text_c(body), body->length, JSON_REJECT_DUPLICATES, NULL);
    struct desk_reply reply = desk_give(&server->desk, given);
    json_decref(given);
    return answer_json(connection, reply);
}

/* ---- connections ---- */

static int socket_of(struct MHD_Connection *connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what) {
    struct guests *guests = &((struct server *)context)->guests;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        guests_leave(guests, socket_of(connection));
        return;
    }
    int gone = guests_enter(guests, socket_of(connection), now());
    if (gone >= 0) shutdown(gone, SHUT_RDWR); /* the library sees its end, and closes it */
}

static void welcome(struct server *server, struct MHD_Connection *connection) {
    guests_hear(&server->guests, socket_of(connection), now());
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)IDLE_SECONDS);
}

/* ---- requests: called with the headers, then with each piece of the body, then once more ---- */

struct request {
    struct text body;
    bool too_large;
};

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *piece, size_t *size, void **state) {
    struct server *server = context;
    struct request *request = *state;
    int status;
    if (!request) {
        enum string why;
        if (!is_let_in(server, connection, url, method, &status, &why)) return say(server, connection, status, why);
        welcome(server, connection);
        request = *state = must_allocate(sizeof *request);
        *request = (struct request){};
        return MHD_YES;
    }
    if (*size) {
        request->too_large |= *size > BODY_MAX_BYTES - request->body.length;
        if (!request->too_large) text_add_n(&request->body, piece, *size);
        *size = 0;
        return MHD_YES;
    }
    if (request->too_large) return say(server, connection, MHD_HTTP_CONTENT_TOO_LARGE, STRING_GRADING_TOO_MUCH);
    const char *path = path_behind_token(server, url);
    return strcmp(method, MHD_HTTP_METHOD_POST) == 0 ? post(server, connection, path, &request->body)
                                                     : get(server, connection, path);
}

static void on_request_end(void *context, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode how) {
    struct request *request = *state;
    if (request) text_free(&request->body);
    free(request);
    *state = NULL;
}

/* ---- the command ---- */

/* A listening socket on 127.0.0.1, or -1 with a malloc'd *error. Port 0 takes a free one; *port becomes it. */
static int listen_here(int *port, char **error) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int on = 1, made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = made >= 0 && setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                bind(made, (struct sockaddr *)&address, size) == 0 && listen(made, SOMAXCONN) == 0 &&
                getsockname(made, (struct sockaddr *)&address, &size) == 0;
    if (good) {
        *port = ntohs(address.sin_port);
        return made;
    }
    *error = must_format("port %d of 127.0.0.1: %s (without --port, a free one is taken)", *port, strerror(errno));
    if (made >= 0) close(made);
    return -1;
}

static bool make_token(char token[2 * TOKEN_BYTES + 1], char **error) {
    unsigned char bytes[TOKEN_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        *error = must_copy("no random numbers for the address");
        return false;
    }
    for (int i = 0; i < TOKEN_BYTES; i++) snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* Serves until a signal. The library's thread alone touches the desk meanwhile. */
static bool serve(struct server *server, char **error) {
    sigset_t ends;
    int listening, signal;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (!make_token(server->token, error) || (listening = listen_here(&server->port, error)) < 0) return false;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, server,
        MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_CONNECTION_LIMIT, 2 * GUESTS_MAX, /* guests that go included */
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_CONNECTION_TIMEOUT, STRANGER_SECONDS,
        MHD_OPTION_NOTIFY_COMPLETED, on_request_end, NULL, MHD_OPTION_END);
    if (!daemon) {
        close(listening);
        *error = must_copy("the web server does not start");
        return false;
    }
    printf("http://127.0.0.1:%d/%s/\n"
           "Open this address in a browser on this machine; who has it can read and grade. Ctrl+C ends it.\n",
           server->port, server->token);
    fflush(stdout);
    sigwait(&ends, &signal);
    MHD_stop_daemon(daemon);
    return true;
}

int command_serve(int count, char **words) {
    struct options options;
    struct server server = {};
    char *error = NULL;
    if (!options_read_course(&options, "--course --assignment --port --language", count, words)) return 2;
    if (!desk_open(&server.desk, options.course, options.assignment, options.language, &error))
        return complain_and_free(error);
    server.port = options.port;
    bool served = serve(&server, &error);
    desk_close(&server.desk);
    return served ? 0 : complain_and_free(error);
}
