/* log: one line on stderr for each thing that went wrong; it may quote what a stranger sent. */
#ifndef OTO_LOG_H
#define OTO_LOG_H

/* Writes "oto-kernel: ..." as one line in one piece, whatever the text holds; at most 400 bytes. From any thread. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

#endif
