import Benchmark
import Columnar
import GrowthRing
import StoreEngine

/// A frame of the log: a section of events, compressed, with checksums.
func logBenchmarks(_ sample: Sample) {
  let encode: @Sendable () -> [UInt8] = {
    LogFrame.encode(
      sequence: 1, committedAt: 0, durableSequence: 0, raw: EventSection.encode(sample.batch), events: Sample.count,
      fileID: 7, offset: 0)
  }
  let frame = Bytes(encode())
  Benchmark("log frame of 8,192 events, encode") { benchmark in
    for _ in benchmark.scaledIterations { blackHole(encode().count) }
  }
  Benchmark("log frame of 8,192 events, decode") { benchmark in
    for _ in benchmark.scaledIterations {
      sure {
        let read = try LogFrame(frame, at: 0, fileID: 7)
        for section in read.sections { blackHole(try read.events(section, frame, fileID: 7).count) }
      }
    }
  }
}
