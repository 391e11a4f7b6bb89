#pragma once
#include "oto_names_inner.h"
typedef struct { inner a, b; } outer;
enum { OUTER = 6 };
extern int outer_count;
int outer_sum(outer *o);
