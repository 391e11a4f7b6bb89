#include "kernel/engine/advice.h"

#include <stddef.h>
#include <string.h>

#include "kernel/engine/text.h"

struct advice {
    const char *part; /* of the message, or a switch beginning with -W */
    const char *advice;
};

/* The first row that fits counts. */
static const struct advice table[] = {
    {"expected ';'", "Every statement and declaration ends with a semicolon ;"},
    {"did you mean", "A name is spelt differently here and where it is defined; C tells upper from lower case."},
    {"use of undeclared identifier 'True'", "C writes true."},
    {"use of undeclared identifier 'False'", "C writes false."},
    {"use of undeclared identifier 'None'", "C writes NULL."},
    {"use of undeclared identifier 'elif'", "C writes else if."},
    {"use of undeclared identifier 'print'", "C prints with printf(\"...\\n\")."},
    {"call to undeclared function 'print'", "C prints with printf(\"...\\n\")."},
    {"undeclared function 'len'", "An array's length is sizeof a / sizeof a[0], a string's is strlen(s)."},
    {"use of undeclared identifier 'and'", "C writes && for and."},
    {"use of undeclared identifier 'or'", "C writes || for or."},
    {"use of undeclared identifier 'not'", "C writes ! for not."},
    {"use of undeclared identifier",
     "Define the name before using it: run the cell that defines it, or check its spelling."},
    {"call to undeclared function",
     "No function of that name is known: run the cell that defines it, include its header, or check its spelling."},
    {"unknown type name 'def'",
     "C has no def: write the result's type, the name and typed parameters, as in double f(double x) { ... }."},
    {"unknown type name 'string'", "C has no string type: use char * or an array of char."},
    {"unknown type name 'import'", "C includes headers: #include <name.h>."},
    {"unknown type name 'let'", "C declares a variable with its type: int x = 3;"},
    {"unknown type name 'var'", "C declares a variable with its type: int x = 3; (or auto x = 3;)"},
    {"unknown type name", "Define the type before using it: run the cell that defines it, or check its spelling."},
    {"too few arguments", "Count the arguments against the function's declaration."},
    {"too many arguments", "Count the arguments against the function's declaration."},
    {"expected expression", "Something is missing here: look at what stands just before this place."},
    {"expected ')'", "A bracket ( is not closed."},
    {"expected ']'", "A bracket [ is not closed."},
    {"expected '}'", "A brace { is not closed."},
    {"extraneous closing brace", "There is one } too many."},
    {"missing terminating '\"'", "A string must end with \" on the line where it begins."},
    {"missing terminating '''", "A character constant holds one character: 'a'. Text goes in double quotes."},
    {"multi-character character constant", "Single quotes hold one character; text goes in double quotes."},
    {"array type", "An array cannot be assigned as a whole: copy its elements, or use memcpy."},
    {"is not assignable", "Only a variable, an element or a member can stand to the left of =."},
    {"const-qualified", "It was declared const, so it cannot be changed."},
    {"no member named", "The struct has no member of that name; look at its definition."},
    {"is a pointer; did you mean to use '->'", "Through a pointer, members are reached with ->."},
    {"is not a pointer; did you mean to use '.'", "Members of a struct itself are reached with a dot."},
    {"member reference base type", "Only structs and unions have members."},
    {"called object type", "Only functions can be called with ( ); use * to multiply."},
    {"subscripted value is not", "Only arrays and pointers can be indexed with [ ]."},
    {"indirection requires pointer operand", "Only a pointer can be followed with *."},
    {"incompatible pointer to integer",
     "An address and a number are different things: is a & or a * missing or too much?"},
    {"incompatible integer to pointer", "A number is not an address: is a & missing?"},
    {"incompatible pointer types", "The two pointers point to different types."},
    {"incompatible type", "The two types do not fit; look at how each was declared."},
    {"invalid operands to binary", "This operator does not work on these types."},
    {"conflicting types for", "The name was declared before with another type."},
    {"redefinition of", "The name is defined twice in this cell."},
    {"cannot combine with previous", "Two types follow each other: is a ; or a comma missing?"},
    {"file not found",
     "Check the header's name; a file of your own goes in double quotes and lies beside the notebook."},
    {"non-void function does not return a value", "Give a value back with return at every end of the function."},
    {"variable length array", "The length of this array must be known when the cell is compiled."},
    {"-Wparentheses", "= assigns; to compare, write ==."},
    {"using the result of an assignment as a condition", "= assigns; to compare, write ==."},
    {"-Wformat-insufficient-args", "Each % in the format needs an argument."},
    {"-Wformat-extra-args", "There are more arguments than % places in the format."},
    {"-Wformat-security", "Print text with printf(\"%s\", text)."},
    {"-Wformat", "The letter behind % must fit the argument: %d int, %f double, %s text, %c character, %zu size_t, %p "
                 "pointer; scanf wants addresses (&x) and %lf for double."},
    {"-Wuninitialized", "The variable has no value yet: give it one where it is declared."},
    {"-Wsometimes-uninitialized",
     "On some way through the code the variable has no value: give it one where it is declared."},
    {"-Wreturn-type", "Give a value back with return at every end of the function."},
    {"-Wreturn-stack-address",
     "The local variable is gone when the function returns: return a value, or use malloc or a parameter."},
    {"-Wstring-compare", "== compares addresses; compare texts with strcmp(a, b) == 0."},
    {"-Warray-bounds", "The last element of an array of n has the index n - 1."},
    {"-Wdivision-by-zero", "The divisor is zero."},
    {"-Wempty-body", "The ; ends the statement here, so what follows does not belong to it."},
    {"-Wimplicit-fallthrough", "Without break the next case runs too."},
    {"-Wsizeof-array-argument", "A parameter declared as an array is a pointer: pass its length as well."},
    {"-Wsizeof-pointer-memaccess", "sizeof a pointer is 8, not the length of what it points to."},
    {"-Wconstant-conversion", "The value does not fit the type and is changed."},
    {"-Wliteral-conversion", "The fraction is lost in an integer."},
    {"-Winteger-overflow", "The result is too large for int: use a larger type, as in 1LL * a * b."},
    {"-Wunused-value", "The value is computed and thrown away: was an assignment meant?"},
    {"-Wunused-comparison", "The comparison's result is thrown away: was = meant?"},
    {"-Wpointer-integer-compare", "An address is compared with a number."},
    {"-Wint-conversion", "An address and a number are different things: is a & or a * missing or too much?"},
    {"-Winfinite-recursion", "Every way through the function calls it again: it never ends."},
    {"-Wsign-compare", "A negative number becomes a huge one when it is compared with an unsigned one."},
    {"-Wtautological", "The comparison always has the same result."},
    {"-Wdangling-else", "An else belongs to the nearest if: use braces."},
    {"-Wmisleading-indentation", "The indentation suggests a block, but there are no braces."},
    {"-Wself-assign", "The variable is assigned to itself."},
    {"-Wlogical-op-parentheses", "&& binds tighter than ||: add parentheses."},
    {"-Wfor-loop-analysis", "The loop's condition never changes."},
};

const char *advice_for(const char *message, const char *option) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *part = table[i].part;
        if (part[0] == '-' ? !strncmp(option, part, strlen(part)) : strstr(message, part) != NULL)
            return table[i].advice;
    }
    return NULL;
}

char *advice_reworded(const char *message) {
    if (strstr(message, "'break' statement not in loop or switch"))
        return must_copy("break stands outside a loop or switch: at the top level of a cell there is nothing to leave");
    if (strstr(message, "'continue' statement not in loop"))
        return must_copy("continue stands outside a loop: at the top level of a cell there is nothing to go on with");
    if (!strcmp(message, "expected ';' after top level declarator"))
        return must_copy("expected ';' at the end of the declaration");
    if (!strncmp(message, "use of undeclared label", 23))
        return must_format("%s: a goto cannot leave its block or its cell", message);
    return NULL;
}

char *advice_plain_types(char *message) {
    static const char aka[] = "' (aka '";
    for (char *at = message; (at = strstr(at, "'typeof"));) {
        char *known = strstr(at, aka), *close = known ? strstr(known + sizeof aka - 1, "')") : NULL;
        char *next = strchr(at + 1, '\'');
        if (!close || next != known) { /* no other spelling follows this one */
            at++;
            continue;
        }
        size_t length = (size_t)(close - (known + sizeof aka - 1));
        memmove(at + 1, known + sizeof aka - 1, length);
        memmove(at + 1 + length, close, 1);
        memmove(at + 2 + length, close + 2, strlen(close + 2) + 1);
    }
    return message;
}

const char *advice_library(const char *symbol) {
    static const struct {
        const char *prefix, *flags;
    } libraries[] = {{"sqlite3_", "-lsqlite3"}, {"curl_", "-lcurl"},      {"SDL_", "-lSDL2"},
                     {"png_", "-lpng"},         {"sf_", "-lsndfile"},     {"fftwf_", "-lfftw3f"},
                     {"fftw_", "-lfftw3"},      {"cblas_", "-lopenblas"}, {"gsl_", "-lgsl -lgslcblas"},
                     {"json_", "-ljansson"},    {"xml", "-lxml2"},        {"deflate", "-lz"},
                     {"inflate", "-lz"},        {"compress", "-lz"},      {"uncompress", "-lz"},
                     {"crc32", "-lz"},          {"zmq_", "-lzmq"},        {"snd_", "-lasound"},
                     {"Pa_", "-lportaudio"},    {"initscr", "-lncurses"}, {"readline", "-lreadline"},
                     {"uuid_", "-luuid"},       {"glfw", "-lglfw"},       {"cairo_", "-lcairo"}};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (!strncmp(symbol, libraries[i].prefix, strlen(libraries[i].prefix))) return libraries[i].flags;
    return NULL;
}
