#pragma once
typedef struct { int x; } inner;
