typedef double (*action)(double);
run(sqrt, 16)