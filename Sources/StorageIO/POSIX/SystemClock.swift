#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The machine's clock.
package struct SystemClock: WallClock {
  package init() {}

  package func now() -> Int64 {
    var time = timespec()
    // Cannot fail: the clock always exists and the pointer is good.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}

/// The machine's secure random source.
package struct SystemEntropy: Entropy {
  package init() {}

  package func next() -> UInt64 {
    var source = SystemRandomNumberGenerator()
    return source.next()
  }
}
