/* wire: a Jupyter message as frames, and back. It knows no sockets, so a fuzzer and a unit test can feed it.
 *
 *     identities ..., "<IDS|MSG>", signature, header, parent_header, metadata, content, buffers ...
 *
 * The signature is an HMAC (SHA-256 unless the connection file says otherwise) in hexadecimal over the four JSON
 * frames; with an empty key nothing is signed. Frames come from whoever reaches the port: sizes, depth and number of
 * JSON values are limited before anything is built, and a signature is accepted once. Source: the Jupyter messaging
 * protocol 5.5, "The wire protocol".
 */
#ifndef OTO_WIRE_H
#define OTO_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    WIRE_FRAMES_MAX = 64,           /* frames of one message */
    WIRE_FRAME_MAX = 64 << 20,      /* bytes of one frame */
    WIRE_JSON_DEPTH_MAX = 256,      /* nested arrays and objects of one frame */
    WIRE_JSON_VALUES_MAX = 1 << 20, /* JSON values of one frame, about */
    WIRE_DATE_SIZE = 40
};

struct frame {
    const void *data;
    size_t size;
};

enum channel { CHANNEL_SHELL, CHANNEL_CONTROL, CHANNEL_STDIN, CHANNEL_IOPUB };

/* A message that was read; it owns everything in it. Release with message_free. */
struct message {
    enum channel channel;
    size_t identity_count;
    struct frame identities[WIRE_FRAMES_MAX];
    struct frame header_text; /* as it came: goes back as the parent header of every answer */
    json_t *header, *parent, *metadata, *content;
    const char *id, *type; /* of the header, never NULL */
    const char *subshell;  /* the header's subshell_id, or NULL */
};

/* A message to be sent: frames in one allocation, released with free. */
struct parcel {
    struct parcel *next; /* for whoever keeps parcels in a list */
    enum channel channel;
    size_t count;
    size_t size; /* bytes of all frames */
    struct frame frames[];
};

struct wire;

/* key is copied; an empty one switches signatures off. digest: SHA256, or another of OpenSSL's with at most 64 bytes.
 * session (a UUID) and username go into every header. NULL when memory or OpenSSL's HMAC is not to be had. */
struct wire *wire_new(const char *key, size_t key_size, const char *digest, const char *session, const char *username);
void wire_free(struct wire *wire);

/* Reads one message. Returns 0 and fills *message, or -1 with a reason for the log in why (size bytes at most). One
 * thread at a time. */
int wire_read(struct wire *wire, const struct frame *frames, size_t count, struct message *message, char *why,
              size_t size);
void message_free(struct message *message);
/* What of a message is needed to be the parent of others on iopub. False, and *parent empty, when memory ran out. */
bool message_as_parent(const struct message *message, struct message *parent);

/* Composes a message of that type. parent (or NULL) gives the parent header; a reply (channel shell, control or stdin)
 * also goes to parent's identities. topic is the first frame on iopub. content and metadata stay the caller's; metadata
 * may be NULL. Returns NULL when memory ran out. From any thread. */
struct parcel *wire_compose(struct wire *wire, enum channel channel, const char *topic, const struct message *parent,
                            const char *type, json_t *content, json_t *metadata);

/* The same with content that is JSON text already. */
struct parcel *wire_compose_text(struct wire *wire, enum channel channel, const char *topic,
                                 const struct message *parent, const char *type, struct frame content,
                                 json_t *metadata);
/* The time, as ISO 8601 in UTC. */
void wire_date(char date[WIRE_DATE_SIZE]);
/* Bytes that may hold anything, as a JSON string of valid UTF-8; NULL when memory ran out. */
json_t *wire_text(const char *bytes, size_t size);
/* What a program printed, as the content of a stream message: text is valid UTF-8. Caller frees the frame's data; it is
 * NULL when memory ran out. Jansson writes a string character by character; output is worth a faster way. */
struct frame wire_stream_content(const char *name, const char *text, size_t size);

/* Checks that JSON text stays inside the limits, before anything is built of it. */
bool wire_json_is_modest(const char *text, size_t size, char *why, size_t why_size);

#endif
