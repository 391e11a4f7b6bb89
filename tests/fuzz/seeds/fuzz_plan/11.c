struct s { int x; };
struct s v = { 3 };