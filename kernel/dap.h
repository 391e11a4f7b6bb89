/* dap: messages of the Debug Adapter Protocol, as JSON: telling them apart, making answers and events. Pure. */
#ifndef OTO_DAP_H
#define OTO_DAP_H

#include <jansson.h>
#include <stdbool.h>

/* Whether a member is that text, or begins with it. */
bool dap_has(const json_t *object, const char *member, const char *text);
bool dap_begins(const json_t *object, const char *member, const char *text);
/* Whether a message is of that type: request, response or event. */
bool dap_is(const json_t *message, const char *type);
bool dap_is_response_to(const json_t *message, json_int_t sequence);

/* Answers to a request; body is taken over and may be NULL. */
json_t *dap_success(const json_t *request, json_t *body);
json_t *dap_failure(const json_t *request, const char *reason);
/* An adapter's answer as the answer to the client's request; taken over. */
json_t *dap_as_answer(json_t *answer, const json_t *request);
json_t *dap_continued(json_int_t thread);

/* A cell's statements are compiled as a few functions and one that calls them in order. From a frame that is in one of
 * these, but in no line of the cell: the command that leads on to the next statement. NULL for other frames. */
const char *dap_between_parts(const json_t *frame);
/* Gives a frame the name that the student wrote instead of the generated one. */
void dap_plain_name(json_t *frame);

#endif
