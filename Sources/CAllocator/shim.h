#ifndef GROWTHRING_ALLOCATOR_H
#define GROWTHRING_ALLOCATOR_H

#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

/* Lets the allocator of glibc keep less of what was freed: one arena in place of eight a core, blocks of a MiB and more given back
   at once, and the end of the heap once 8 MiB of it are free. Elsewhere it does nothing. Before any thread is started. */
static inline void growthring_keep_heap_small(void) {
#if defined(__GLIBC__)
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
#endif
}

#endif
