#undef nothing
int x = 3;
#undef x
x