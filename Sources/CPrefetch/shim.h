#ifndef GROWTHRING_PREFETCH_H
#define GROWTHRING_PREFETCH_H

/* Asks the processor for a line of memory without waiting for it. Swift has no expression for that. */
static inline void growthring_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/* Tells the processor that this thread waits for another one for a moment. */
static inline void growthring_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
