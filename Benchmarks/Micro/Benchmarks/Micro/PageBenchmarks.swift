import Benchmark
import Columnar
import GrowthRing
import StoreEngine

/// Pages, codecs and the filter of keys.
func pageBenchmarks(_ sample: Sample) {
  let columns: [(String, [Int64])] = [
    ("times", sample.batch.createdAt), ("deltas", sample.batch.delta), ("codes", sample.batch.entity.map { Int64($0) }),
    ("sorted times", sample.batch.createdAt.sorted()),
  ]
  for (name, values) in columns {
    var writer = ByteWriter()
    IntegerPage.encode(values, findScale: true, into: &writer)
    let encoded = Bytes(writer.bytes)
    Benchmark("integer page of 8,192 \(name), encode") { benchmark in
      for _ in benchmark.scaledIterations {
        var writer = ByteWriter(capacity: 80_000)
        IntegerPage.encode(values, findScale: true, into: &writer)
        blackHole(writer.bytes.count)
      }
    }
    Benchmark("integer page of 8,192 \(name), decode") { benchmark in
      for _ in benchmark.scaledIterations {
        var reader = ByteReader(encoded)
        blackHole(sure { try IntegerPage.decode(&reader, count: values.count) }.count)
      }
    }
  }
  codecBenchmarks(EventSection.encode(sample.batch))

  let hashes = sample.keyHashes
  let built = KeyFilter.build(hashes)
  let filter = sure { try KeyFilter(Bytes(built.bytes), built.kind) }
  Benchmark("filter of 8,192 keys, build") { benchmark in
    for _ in benchmark.scaledIterations { blackHole(KeyFilter.build(hashes).bytes.count) }
  }
  Benchmark("filter, 8,192 look-ups") { benchmark in
    for _ in benchmark.scaledIterations {
      var found = 0
      for hash in hashes where filter.mayContain(hash) { found += 1 }
      blackHole(found)
    }
  }
}

private func codecBenchmarks(_ raw: [UInt8]) {
  for codec in [Codec.lz4, .zstd] {
    guard let packed = codec.compress(raw) else { continue }
    let stored = Bytes(packed)
    Benchmark("\(codec), \(raw.count >> 10) KiB of columns, compress") { benchmark in
      for _ in benchmark.scaledIterations { blackHole(codec.compress(raw)?.count) }
    }
    Benchmark("\(codec), \(raw.count >> 10) KiB of columns, decompress") { benchmark in
      for _ in benchmark.scaledIterations {
        blackHole(sure { try codec.decompress(stored, rawLength: raw.count) }.count)
      }
    }
  }
}
