import Benchmark
import Columnar
import GrowthRing
import StoreEngine

/// The dictionary of texts, and text to columns.
func textBenchmarks(_ sample: Sample) {
  let texts = (0..<sample.batch.count).map { sample.batch.metadatas.bytes(sample.batch.metadata[$0]) }
  var known = ByteStringDictionary()
  for text in texts { _ = known.intern(text) }
  let full = known
  Benchmark("dictionary, 8,192 metadata into an empty one") { benchmark in
    for _ in benchmark.scaledIterations {
      var dictionary = ByteStringDictionary()
      for text in texts { blackHole(dictionary.intern(text)) }
    }
  }
  Benchmark("dictionary, 8,192 metadata that are known") { benchmark in
    for _ in benchmark.scaledIterations { for text in texts { blackHole(full.find(text)) } }
  }
  Benchmark("NDJSON, 8,192 events, parse") { benchmark in
    var batch = EventBatch()
    var rejected: [RejectedRecord] = []
    for _ in benchmark.scaledIterations {
      var decoder = NDJSONDecoder()
      batch.removeAll(keepingCapacity: true)
      decoder.feed(sample.ndjson)
      _ = decoder.decode(into: &batch, limit: Sample.count, rejected: &rejected)
      precondition(batch.count == Sample.count)
    }
  }
  Benchmark("CSV, 8,192 events, parse") { benchmark in
    var batch = EventBatch()
    var rejected: [RejectedRecord] = []
    for _ in benchmark.scaledIterations {
      var decoder = CSVDecoder()
      batch.removeAll(keepingCapacity: true)
      decoder.feed(sample.csv)
      _ = sure { try decoder.decode(into: &batch, limit: Sample.count, rejected: &rejected) }
      precondition(batch.count == Sample.count)
    }
  }
}
