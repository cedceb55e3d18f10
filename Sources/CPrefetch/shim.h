#ifndef GROWTHRING_PREFETCH_H
#define GROWTHRING_PREFETCH_H

/* Asks the processor for a line of memory without waiting for it. Swift has no expression for that. */
static inline void growthring_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

#endif
