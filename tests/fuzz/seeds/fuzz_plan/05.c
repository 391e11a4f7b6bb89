int a = 1;
struct s { int x; };
struct s v = { 3 };