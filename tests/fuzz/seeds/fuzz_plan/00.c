int x = 7;
if (x > 10)
    puts("big");

else if (x > 5)
    puts("middle");
// a comment between
else
    puts("small");
x