#include "kernel/connection.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/wire.h"

enum { FILE_MAX = 1 << 20, CURVE_KEY_LENGTH = 40 };

static const char *const port_names[PORT_COUNT] = {"shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"};

const char *connection_port_name(enum port port) {
    return port_names[port];
}

__attribute__((format(printf, 2, 3))) static bool fail(char **problem, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(problem, format, arguments) < 0) *problem = NULL;
    va_end(arguments);
    return false;
}

static json_t *load(const char *path, char **problem) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail(problem, "connection file %s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = malloc(FILE_MAX + 1);
    size_t size = text == NULL ? 0 : fread(text, 1, FILE_MAX + 1, file);
    bool broken = ferror(file);
    int error_number = errno;
    fclose(file);
    json_t *json = NULL;
    json_error_t error;
    char why[80];
    if (text == NULL)
        fail(problem, "connection file %s: out of memory", path);
    else if (broken)
        fail(problem, "connection file %s: %s", path, strerror(error_number));
    else if (size > FILE_MAX)
        fail(problem, "connection file %s: larger than %d bytes", path, FILE_MAX);
    else if (!wire_json_is_modest(text, size, why, sizeof why))
        fail(problem, "connection file %s: JSON %s", path, why);
    else if ((json = json_loadb(text, size, 0, &error)) == NULL)
        fail(problem, "connection file %s: not JSON: %s (line %d)", path, error.text, error.line);
    else if (!json_is_object(json)) {
        fail(problem, "connection file %s: not a JSON object", path);
        json_decref(json);
        json = NULL;
    }
    free(text);
    return json;
}

/* A text field, copied. otherwise NULL: it must be there. */
static bool read_text(const json_t *json, const char *path, const char *name, const char *otherwise, char **value,
                      char **problem) {
    const json_t *field = json_object_get(json, name);
    if (field == NULL && otherwise == NULL) return fail(problem, "connection file %s: %s is missing", path, name);
    if (field != NULL && !json_is_string(field))
        return fail(problem, "connection file %s: %s is not a string", path, name);
    *value = strdup(field == NULL ? otherwise : json_string_value(field));
    return *value != NULL || fail(problem, "connection file %s: out of memory", path);
}

static bool read_curve_key(const json_t *json, const char *path, const char *name, char **key, char **problem) {
    if (json_object_get(json, name) == NULL || json_is_null(json_object_get(json, name))) return true;
    if (!read_text(json, path, name, NULL, key, problem)) return false;
    return strlen(*key) == CURVE_KEY_LENGTH ||
           fail(problem, "connection file %s: %s is not a key of %d characters", path, name, CURVE_KEY_LENGTH);
}

static bool read_scheme(const json_t *json, const char *path, struct connection *connection, char **problem) {
    static const struct {
        const char *scheme, *digest;
    } known[] = {{"hmac-sha256", "SHA256"}, {"hmac-sha384", "SHA384"}, {"hmac-sha512", "SHA512"}};
    char *scheme = NULL;
    if (!read_text(json, path, "signature_scheme", known[0].scheme, &scheme, problem)) return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(scheme, known[i].scheme) == 0) connection->digest = known[i].digest;
    if (connection->digest == NULL)
        fail(problem, "connection file %s: signature_scheme is \"%s\", not hmac-sha256, hmac-sha384 or hmac-sha512",
             path, scheme);
    free(scheme);
    return connection->digest != NULL;
}

static bool read_fields(const json_t *json, const char *path, struct connection *connection, char **problem) {
    if (!read_text(json, path, "transport", "tcp", &connection->transport, problem)) return false;
    bool ipc = strcmp(connection->transport, "ipc") == 0;
    if (!ipc && strcmp(connection->transport, "tcp") != 0)
        return fail(problem, "connection file %s: transport is \"%s\", not tcp or ipc", path, connection->transport);
    if (!read_text(json, path, "ip", ipc ? NULL : "127.0.0.1", &connection->ip, problem)) return false;
    for (int i = 0; i < PORT_COUNT; i++) {
        const json_t *port = json_object_get(json, port_names[i]);
        if (port == NULL) return fail(problem, "connection file %s: %s is missing", path, port_names[i]);
        json_int_t number = json_integer_value(port);
        if (!json_is_integer(port) || number < 1 || number > 65535)
            return fail(problem, "connection file %s: %s is not a port from 1 to 65535", path, port_names[i]);
        connection->ports[i] = (int)number;
    }
    if (!read_scheme(json, path, connection, problem)) return false;
    if (!read_text(json, path, "key", "", &connection->key, problem)) return false;
    if (!read_curve_key(json, path, "curve_publickey", &connection->curve_public, problem) ||
        !read_curve_key(json, path, "curve_secretkey", &connection->curve_secret, problem))
        return false;
    if ((connection->curve_public == NULL) != (connection->curve_secret == NULL))
        return fail(problem, "connection file %s: %s is missing beside %s", path,
                    connection->curve_public == NULL ? "curve_publickey" : "curve_secretkey",
                    connection->curve_public == NULL ? "curve_secretkey" : "curve_publickey");
    return true;
}

bool connection_read(const char *path, struct connection *connection, char **problem) {
    memset(connection, 0, sizeof *connection);
    json_t *json = load(path, problem);
    if (json == NULL) return false;
    bool good = read_fields(json, path, connection, problem);
    json_decref(json);
    if (!good) connection_free(connection);
    return good;
}

void connection_free(struct connection *connection) {
    free(connection->transport);
    free(connection->ip);
    free(connection->key);
    free(connection->curve_public);
    free(connection->curve_secret);
    memset(connection, 0, sizeof *connection);
}
