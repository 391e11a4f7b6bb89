#include "lib/nn/schedule.h"
#include "lib/nn/training.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static struct schedule *fresh(const char *operation, OtoOptimizer *optimizer, enum oto_schedule_kind kind) {
    oto_need_optimizer(operation, optimizer);
    struct schedule *schedule = &optimizer->training->schedule;
    *schedule = (struct schedule){.kind = kind};
    return schedule;
}

void(oto_schedule_step)(OtoOptimizer *optimizer, int64_t every, OtoStepDecay options) {
    oto_check_range("oto_schedule_step", "every", (double)every, 1, 1e15);
    oto_check_range("oto_schedule_step", "gamma", options.gamma, 0, 1e6);
    struct schedule *schedule = fresh("oto_schedule_step", optimizer, OTO_STEP_DECAY);
    schedule->steps = every;
    schedule->gamma = options.gamma;
    oto_schedule_apply(optimizer);
}

void(oto_schedule_cosine)(OtoOptimizer *optimizer, int64_t steps, OtoCosine options) {
    oto_check_range("oto_schedule_cosine", "steps", (double)steps, 1, 1e15);
    oto_check_range("oto_schedule_cosine", "warmup", (double)options.warmup, 0, (double)steps - 1);
    oto_check_range("oto_schedule_cosine", "minimum (a share of lr)", options.minimum, 0, 1);
    struct schedule *schedule = fresh("oto_schedule_cosine", optimizer, OTO_COSINE_DECAY);
    schedule->steps = steps;
    schedule->warmup = options.warmup;
    schedule->minimum = options.minimum;
    oto_schedule_apply(optimizer);
}

void(oto_schedule_one_cycle)(OtoOptimizer *optimizer, int64_t steps, OtoOneCycle options) {
    oto_check_range("oto_schedule_one_cycle", "steps", (double)steps, 2, 1e15);
    oto_check_range("oto_schedule_one_cycle", "pct_start", options.pct_start, 0, 1);
    oto_check_range("oto_schedule_one_cycle", "div_factor", options.div_factor, 1, 1e15);
    oto_check_range("oto_schedule_one_cycle", "final_div_factor", options.final_div_factor, 1, 1e15);
    oto_check_range("oto_schedule_one_cycle", "base_momentum", options.base_momentum, 0, 1);
    oto_check_range("oto_schedule_one_cycle", "max_momentum", options.max_momentum, options.base_momentum, 1);
    struct schedule *schedule = fresh("oto_schedule_one_cycle", optimizer, OTO_ONE_CYCLE);
    schedule->steps = steps;
    schedule->pct_start = options.pct_start;
    schedule->div_factor = options.div_factor;
    schedule->final_div_factor = options.final_div_factor;
    schedule->base_momentum = options.base_momentum;
    schedule->max_momentum = options.max_momentum;
    schedule->keep_momentum = options.keep_momentum;
    oto_schedule_apply(optimizer);
}

void(oto_schedule_plateau)(OtoOptimizer *optimizer, OtoPlateau options) {
    oto_check_range("oto_schedule_plateau", "factor", options.factor, 0, 1);
    oto_check_range("oto_schedule_plateau", "patience", (double)options.patience, 0, 1e15);
    oto_check_range("oto_schedule_plateau", "cooldown", (double)options.cooldown, 0, 1e15);
    struct schedule *schedule = fresh("oto_schedule_plateau", optimizer, OTO_PLATEAU);
    schedule->factor = options.factor;
    schedule->threshold = options.threshold;
    schedule->min_lr = options.min_lr;
    schedule->patience = options.patience;
    schedule->cooldown = options.cooldown;
    schedule->larger_is_better = options.larger_is_better;
}

void oto_plateau(OtoOptimizer *optimizer, double value) {
    oto_need_optimizer("oto_plateau", optimizer);
    struct schedule *s = &optimizer->training->schedule;
    if (s->kind != OTO_PLATEAU) oto_refuse("oto_plateau", "this %s has no oto_schedule_plateau", optimizer->type);
    bool better =
        !s->told || (s->larger_is_better ? value > s->best * (1 + s->threshold) : value < s->best * (1 - s->threshold));
    s->told = true;
    if (better) s->best = value;
    s->bad = better ? 0 : s->bad + 1;
    if (s->cooling > 0) {
        s->cooling--;
        s->bad = 0;
    }
    if (s->bad <= s->patience) return;
    for (int i = 0; i < optimizer->group_count; i++)
        optimizer->groups[i].lr = fmax(optimizer->groups[i].lr * s->factor, s->min_lr);
    s->cooling = s->cooldown;
    s->bad = 0;
}

/* From `from` to `to` by half a cosine as share goes from 0 to 1. */
static double half_cosine(double from, double to, double share) {
    return to + (from - to) / 2 * (1 + cos(M_PI * share));
}

static double cosine_share(const struct schedule *s, double t) {
    if (t < (double)s->warmup) return (t + 1) / (double)s->warmup;
    double share = (t - (double)s->warmup) / (double)(s->steps - s->warmup);
    return half_cosine(1, s->minimum, fmin(share, 1));
}

/* The value at t of what goes from `first` to `top` and then to `last`. */
static double one_cycle(const struct schedule *s, double t, double first, double top, double last) {
    double turn = s->pct_start * (double)s->steps - 1, end = (double)s->steps - 1;
    if (t <= turn) return half_cosine(first, top, turn > 0 ? t / turn : 1);
    return half_cosine(top, last, fmin((t - turn) / (end - turn), 1));
}

/* The share of the first learning rate that is used at update t, where t decides it. */
static double share_at(const struct schedule *s, double t) {
    if (s->kind == OTO_STEP_DECAY) return pow(s->gamma, floor(t / (double)s->steps));
    if (s->kind == OTO_COSINE_DECAY) return cosine_share(s, t);
    return one_cycle(s, t, 1 / s->div_factor, 1, 1 / s->div_factor / s->final_div_factor);
}

void oto_schedule_apply(OtoOptimizer *optimizer) {
    const struct schedule *s = &optimizer->training->schedule;
    if (s->kind == OTO_NO_SCHEDULE || s->kind == OTO_PLATEAU) return;
    double t = (double)optimizer->steps;
    for (int i = 0; i < optimizer->group_count; i++) {
        OtoGroup *group = &optimizer->groups[i];
        group->lr = group->first_lr * share_at(s, t);
        if (s->kind != OTO_ONE_CYCLE) continue;
        double momentum = one_cycle(s, t, s->max_momentum, s->base_momentum, s->max_momentum);
        if (s->keep_momentum) continue;
        if (group->beta2 > 0)
            group->beta1 = momentum;
        else if (group->momentum > 0)
            group->momentum = momentum;
    }
}

/* ---- as text ---- */

/* The learning rate over its steps, in a row of bars. */
static void write_curve(FILE *out, const struct schedule *s, double steps) {
    enum { BARS = 32, HEIGHTS = 8 };
    static const char *const bars[HEIGHTS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double shares[BARS], largest = 0;
    for (int i = 0; i < BARS; i++) {
        shares[i] = share_at(s, (steps - 1) * i / (BARS - 1));
        largest = fmax(largest, shares[i]);
    }
    fputs(" ", out);
    for (int i = 0; i < BARS; i++) fputs(bars[largest > 0 ? (int)lround(shares[i] / largest * (HEIGHTS - 1)) : 0], out);
}

void oto_schedule_write(OtoOptimizer *optimizer, void *file) {
    const struct schedule *s = &optimizer->training->schedule;
    enum { STEP_DECAYS_SHOWN = 4 };
    double steps = (double)s->steps;
    FILE *out = file;
    if (s->kind == OTO_NO_SCHEDULE) return;
    fputs("schedule: ", out);
    if (s->kind == OTO_PLATEAU) {
        fprintf(out, "lr * %g after more than %" PRId64 " values of oto_plateau that are no better\n", s->factor,
                s->patience);
        return;
    }
    if (s->kind == OTO_STEP_DECAY) {
        fprintf(out, "lr * %g every %g updates", s->gamma, steps);
        steps *= STEP_DECAYS_SHOWN;
    } else if (s->kind == OTO_COSINE_DECAY) {
        fprintf(out, "cosine over %g updates, %" PRId64 " of them warmup", steps, s->warmup);
    } else {
        fprintf(out, "one cycle over %g updates", steps);
    }
    write_curve(out, s, steps);
    fprintf(out, " now %g times lr %g\n", share_at(s, (double)optimizer->steps), optimizer->groups[0].first_lr);
}
