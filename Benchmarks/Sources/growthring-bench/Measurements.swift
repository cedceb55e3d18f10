import Foundation
import Synchronization

/// Times of many repetitions.
struct Latencies {
  private var nanoseconds: [UInt64] = []

  mutating func measure(_ body: () throws -> Void) rethrows {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    nanoseconds.append(DispatchTime.now().uptimeNanoseconds - start)
  }

  mutating func add(nanoseconds value: UInt64) { nanoseconds.append(value) }

  mutating func add(_ other: Latencies) { nanoseconds += other.nanoseconds }

  func report(_ name: String, _ fractions: [(name: String, fraction: Double)] = [("p50", 0.5), ("p99", 0.99)]) {
    for (suffix, fraction) in fractions {
      emit(name + ", " + suffix, percentile(fraction), "µs")
    }
    emit(name + ", mean", Double(nanoseconds.reduce(0, +)) / Double(max(1, nanoseconds.count)) / 1_000, "µs")
  }

  /// In microseconds.
  func percentile(_ fraction: Double) -> Double {
    let sorted = nanoseconds.sorted()
    guard !sorted.isEmpty else { return 0 }
    return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * fraction))]) / 1_000
  }
}

/// Tells one thread that another is done.
final class AtomicFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .acquiring) }

  func set() { flag.store(true, ordering: .releasing) }
}

enum Process {
  /// The largest resident set so far, in MiB.
  static var peakMemory: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return (Int(line.split(separator: " ").dropFirst().first ?? "0") ?? 0) / 1_024
  }

  /// The resident memory that belongs to no file, in bytes.
  static var anonymousMemory: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
    return (Int(line.split(separator: " ").dropFirst().first ?? "0") ?? 0) << 10
  }

  /// CPU seconds of the calling thread.
  static var threadSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// CPU seconds of all threads.
  static var cpuSeconds: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }
}

func emit(_ name: String, _ value: Double, _ unit: String) {
  let number = value >= 1_000 ? String(format: "%.0f", value) : String(format: "%.3g", value)
  FileHandle.standardOutput.write(Data("{\"measure\":\"\(name)\",\"value\":\(number),\"unit\":\"\(unit)\"}\n".utf8))
}
