import Benchmark

/// The parts of which ingest and reads are made, one by one, on the generator's data. Each iteration does a page, a frame or
/// a batch; what it holds is in the name. Wall time and instructions; allocations are not counted on Linux.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .instructions, .throughput], timeUnits: .microseconds, maxDuration: .seconds(2),
    maxIterations: 100_000)
  let sample = Sample()
  pageBenchmarks(sample)
  textBenchmarks(sample)
  logBenchmarks(sample)
  storeBenchmarks(sample)
}
