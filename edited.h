struct point { int z, y; };
