/* documentation: what the library's headers say about a name. */
#ifndef OTO_DOCUMENTATION_H
#define OTO_DOCUMENTATION_H

/* The declaration of a library name and the comment above it, malloc'd; NULL when no header has it. root: the prefix.
 */
char *documentation_find(const char *root, const char *name);
/* The #define of a macro of the standard headers, malloc'd; NULL when none of them has it. */
char *documentation_macro(const char *name);
/* A comment without its marks, malloc'd. */
char *documentation_plain(const char *comment);

#endif
