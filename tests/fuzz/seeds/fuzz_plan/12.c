#define GAIN 2
int amplify(int x) { return x * GAIN; }
amplify(10)