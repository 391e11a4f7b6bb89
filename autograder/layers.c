#include "autograder/layers.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/job.h"
#include "autograder/sandbox.h"
#include "kernel/engine/text.h"

static bool ask(int to) {
    struct oto_record job;
    oto_record_begin(&job, JOB_TRY);
    for (size_t i = 0; i < LAYERS; i++) {
        char name[64];
        if (!layers[i].what) continue;
        layers_namespace(layers[i].what, name);
        oto_record_text(&job, "outside", name);
    }
    bool sent = oto_record_send(to, &job) == 0;
    oto_record_free(&job);
    return sent;
}

/* False with *error where the program in the sandbox says why it does not run. */
static bool hear(int from, struct layers_held *held, char **error) {
    enum { WAIT_MILLISECONDS = 60000 };
    struct pollfd answered = {.fd = from, .events = POLLIN};
    struct oto_record answer;
    size_t known = 0;
    while (poll(&answered, 1, WAIT_MILLISECONDS) < 0 && errno == EINTR) {
    }
    if (!answered.revents || oto_record_receive(from, &answer) != 1) return false;
    for (size_t i = 0; answer.kind == JOB_TRIED && i < answer.count && known < LAYERS; i++)
        if (strcmp(answer.fields[i].name, "holds") == 0) held->holds[known++] = answer.fields[i].integer == 1;
    held->landlock = (int)oto_record_get_integer(&answer, "landlock", 0);
    if (answer.kind == JOB_FAILED) *error = must_copy(oto_record_get_text(&answer, "message", "no message"));
    oto_record_free(&answer);
    return known == LAYERS;
}

bool layers_ask(const char *files, struct layers_held *held, char **error) {
    struct sandbox sandbox;
    *held = (struct layers_held){};
    *error = NULL;
    if (!sandbox_start(&sandbox, 0, files, &sandbox_defaults, error)) return false;
    bool told = ask(sandbox.to) && hear(sandbox.from, held, error);
    char *said = sandbox_end(&sandbox);
    if (!told && !*error) *error = must_format("the sandbox does not start: %s", *said ? said : "no message");
    free(said);
    return told;
}

char *layers_missing(const struct layers_held *held) {
    struct text missing = {};
    for (size_t i = 0; i < LAYERS; i++)
        if (layers[i].matters && !held->holds[i])
            text_format(&missing, "%s%s", missing.length ? ", " : "", layers[i].name);
    return missing.length ? text_take(&missing) : NULL;
}
