/* show_host: a host for tests of lib/show. Include it after cmocka.h. */
#ifndef OTO_TESTS_SHOW_HOST_H
#define OTO_TESTS_SHOW_HOST_H

#include <stdio.h>
#include <unistd.h>

#include "lib/record/record.h"

/* The host of these tests is a file: nobody has to read while the library writes. */
static FILE *host;

static inline int attach(void **state) {
    host = tmpfile();
    if (!host) return -1;
    oto_host_attach(fileno(host));
    return 0;
}

static inline int detach(void **state) {
    oto_host_attach(-1);
    return fclose(host);
}

/* The next record that the library sent; fails when there is none. */
static inline struct oto_record sent(void) {
    struct oto_record record = {0};
    lseek(fileno(host), 0, SEEK_SET);
    assert_int_equal(oto_record_receive(fileno(host), &record), 1);
    assert_int_equal(ftruncate(fileno(host), 0), 0);
    lseek(fileno(host), 0, SEEK_SET);
    return record;
}

#endif
