/* Answers "step cnn 10" with the mean milliseconds of so many training steps, "infer cnn 10" with those of the network
 * on one example, and "memory cnn 10" with the largest resident size in MB after so many steps more. */
#include "models.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static double largest_resident_mb(void) {
    char line[200];
    long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %ld", &kilobytes);
    if (file) fclose(file);
    return (double)kilobytes / 1024;
}

/* A model that is trained, made when it is first asked for. */
static struct trained {
    OtoLayer *net;
    OtoOptimizer *adam;
    OtoTensor *x, *y, *one;
} all[MODELS];

static struct trained *trained_of(int which) {
    struct trained *trained = &all[which];
    if (trained->net) return trained;
    trained->net = models[which].make();
    trained->adam = oto_adam(trained->net, .lr = 1e-3);
    trained->x = model_x(&models[which]);
    trained->y = model_y(&models[which]);
    long long shape[4];
    memcpy(shape, models[which].x, sizeof shape);
    shape[0] = 1;
    trained->one = uniform(models[which].x_rank, shape);
    return trained;
}

static void step(int which) {
    struct trained *t = trained_of(which);
    oto_scope oto_step(t->adam, models[which].loss(oto_apply(t->net, t->x), t->y));
}

static void infer(int which) {
    struct trained *t = trained_of(which);
    oto_scope oto_apply(t->net, t->one);
}

static double mean_ms(void (*run)(int which), int which, int times) {
    run(which);
    double began = now();
    for (int i = 0; i < times; i++) run(which);
    return (now() - began) / times;
}

static double answer(const char *what, int which, int times) {
    if (!strcmp(what, "step")) {
        oto_train(trained_of(which)->net);
        return mean_ms(step, which, times);
    }
    if (!strcmp(what, "infer")) {
        oto_evaluate(trained_of(which)->net);
        double milliseconds = 0;
        oto_no_grad milliseconds = mean_ms(infer, which, times);
        return milliseconds;
    }
    for (int i = 0; i < times; i++) step(which);
    return largest_resident_mb();
}

int main(void) {
    FILE *answers = fdopen(dup(1), "w"); /* what the library says of its own goes nowhere */
    if (!answers || !freopen("/dev/null", "w", stdout)) return 2;
    char what[16], name[16];
    int times;
    while (scanf("%15s %15s %d", what, name, &times) == 3) {
        int which = 0;
        while (which < MODELS && strcmp(models[which].name, name)) which++;
        if (which == MODELS) return 2;
        fprintf(answers, "%.5f\n", answer(what, which, times));
        fflush(answers);
    }
    return 0;
}
