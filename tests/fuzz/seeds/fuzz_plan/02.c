double größe = 1.5, π = 3.25;
int 音(int ド) { return ド + 1; }
größe + π + 音(1)